//! The readable end.

use std::fmt;
use std::time::Duration;

use super::scenario::has_expected_setup;
use super::transfer::Transfer;

/// All that was seen.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// One for each way packets took.
    pub(super) runs: Vec<Run>,
    /// Times to the first octet, ascending.
    pub(super) starts: Vec<Duration>,
}

/// One tunnel.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The way packets should take.
    pub(super) name: &'static str,
    /// What the kernel had while the tunnel was up.
    pub(super) setup: String,
    /// The way packets took at the end.
    pub(super) path: String,
    /// Octets over ESP during the transfers.
    pub(super) esp: u64,
    /// Octets over TLS during the transfers.
    pub(super) tls: u64,
    /// Octets of each transfer.
    pub(super) octets: usize,
    /// Latency.
    pub(super) ping: Ping,
    /// To the gateway.
    pub(super) upload: Option<Transfer>,
    /// From the gateway.
    pub(super) download: Option<Transfer>,
    /// From SIGINT to the end of the process.
    pub(super) end: Option<Duration>,
    /// What is not as before after the end.
    pub(super) difference: Vec<String>,
    /// State files that are still there after the end.
    pub(super) files: Vec<String>,
}

/// What `ping` found.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Ping {
    /// Shortest and average time in milliseconds.
    pub(super) times: Option<(f64, f64)>,
    /// Answers missing, in percent.
    pub(super) loss: f64,
}

impl Report {
    /// What was not as expected; nothing when all is well.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self.runs.iter().flat_map(Run::faults).collect();
        if self.starts.is_empty() {
            faults.push("no start was measured".to_owned());
        }
        faults
    }

    /// A target that was not reached. Not a fault: it depends on the machine and on what else it does.
    pub(super) fn missed(&self) -> Option<String> {
        let median = self.median().filter(|median| *median >= TARGET)?;
        Some(format!(
            "a start took {} ms (median), and should stay below {} ms",
            median.as_millis(),
            TARGET.as_millis()
        ))
    }

    fn median(&self) -> Option<Duration> {
        let middle = self.starts.len() / 2;
        let upper = *self.starts.get(middle)?;
        if self.starts.len() % 2 == 1 {
            return Some(upper);
        }
        Some((*self.starts.get(middle.checked_sub(1)?)? + upper) / 2)
    }
}

impl Run {
    fn faults(&self) -> Vec<String> {
        let good = |transfer: Option<Transfer>| transfer.is_some_and(|transfer| transfer.same);
        let (wanted, other) = match self.name {
            "ESP" => (self.esp, self.tls),
            _ => (self.tls, self.esp),
        };
        let moved = 2 * self.octets as u64;
        let checks = [
            (
                self.path == self.name,
                "packets did not end up on the path meant".to_owned(),
            ),
            (
                wanted >= moved,
                format!("only {wanted} octets took the path meant"),
            ),
            (other < moved / 10, format!("{other} octets took the other path")),
            (
                has_expected_setup(&self.setup),
                format!("the set-up was {}", self.setup),
            ),
            (
                self.ping.loss == 0.0,
                format!("{} % of the pings were lost", self.ping.loss),
            ),
            (good(self.upload), "checksums differ to the gateway".to_owned()),
            (
                good(self.download),
                "checksums differ from the gateway".to_owned(),
            ),
            (self.difference.is_empty(), self.difference.join(", ")),
            (
                self.files.is_empty(),
                format!("state files left: {}", self.files.join(" ")),
            ),
        ];
        let faults = checks.into_iter().filter(|(good, _)| !good);
        faults
            .map(|(_, fault)| format!("{}: {fault}", self.name))
            .collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n== report")?;
        for run in &self.runs {
            write!(f, "\n{run}")?;
        }
        if let (Some(median), Some(first), Some(last)) =
            (self.median(), self.starts.first(), self.starts.last())
        {
            let verdict = if median < TARGET { "below" } else { "ABOVE" };
            let (median, first, last) = (median.as_millis(), first.as_millis(), last.as_millis());
            write!(
                f,
                "\nprocess start to first payload octet back: median {median} ms of {} starts ({first} to {last} ms), \
                 {verdict} the target of {} ms",
                self.starts.len(),
                TARGET.as_millis()
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.octets / 1_000_000;
        writeln!(f, "over {}", self.name)?;
        writeln!(
            f,
            "  path used     {} ({} octets over ESP, {} over TLS)",
            self.path, self.esp, self.tls
        )?;
        writeln!(f, "  configured    {}", self.setup)?;
        writeln!(f, "  latency       {}", self.ping)?;
        writeln!(f, "  to gateway    {size} MB, {}", shown(self.upload))?;
        writeln!(f, "  from gateway  {size} MB, {}", shown(self.download))?;
        let end = self.end.unwrap_or_default().as_millis();
        match self.difference.is_empty() && self.files.is_empty() {
            true => write!(
                f,
                "  clean-up      ok: addresses, routes, links as before; ended {end} ms after SIGINT"
            ),
            false => write!(
                f,
                "  clean-up      NOT OK: {} {}",
                self.difference.join(", "),
                self.files.join(" ")
            ),
        }
    }
}

impl Ping {
    /// Reads what `ping -q` prints.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let loss = text.split(", ").find_map(|part| {
            part.strip_suffix("% packet loss")
                .or_else(|| part.split_once("% packet loss").map(|(number, _)| number))
        })?;
        let times = text.lines().find_map(|line| line.strip_prefix("rtt "));
        let mut numbers = times
            .and_then(|line| line.split(" = ").nth(1))
            .into_iter()
            .flat_map(|line| line.split('/'));
        let mut next = || numbers.next().and_then(|number| number.parse().ok());
        Some(Self {
            times: next().zip(next()),
            loss: loss.parse().ok()?,
        })
    }
}

impl fmt::Display for Ping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            Some((least, average)) => write!(f, "min {least:.2} ms, average {average:.2} ms")?,
            None => write!(f, "not measured")?,
        }
        write!(f, ", {} % lost", self.loss)
    }
}

fn shown(transfer: Option<Transfer>) -> String {
    let Some(Transfer { rate, same }) = transfer else {
        return "not done".to_owned();
    };
    let verdict = if same { "SHA-256 ok" } else { "SHA-256 DIFFERS" };
    format!(
        "{:.1} MB/s ({:.0} Mbit/s), {verdict}",
        rate / 1e6,
        rate * 8.0 / 1e6
    )
}

/// What a start may take.
const TARGET: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ping_output_is_read() {
        let text = "PING 10.20.0.1\n\n--- 10.20.0.1 ping statistics ---\n20 packets transmitted, 19 received, 5% packet \
                    loss, time 958ms\nrtt min/avg/max/mdev = 0.180/0.250/0.400/0.050 ms\n";
        let ping = Ping::parse(text).unwrap();
        assert_eq!(ping.times, Some((0.18, 0.25)));
        assert_eq!(ping.loss, 5.0);
        assert_eq!(Ping::parse("ping: unknown host"), None);
    }

    #[test]
    fn an_empty_run_is_full_of_faults() {
        let run = Run {
            name: "ESP",
            octets: 100,
            ..Run::default()
        };
        assert_eq!(run.faults().len(), 5);
    }

    #[test]
    fn a_missed_target_is_told() {
        let starts = |time| Report {
            runs: Vec::new(),
            starts: vec![time],
        };
        assert_eq!(starts(TARGET - Duration::from_millis(1)).missed(), None);
        let missed = starts(TARGET).missed().unwrap();
        assert_eq!(
            missed,
            "a start took 300 ms (median), and should stay below 300 ms"
        );
    }

    #[test]
    fn median_of_even_and_odd_counts() {
        let times = |list: &[u64]| Report {
            runs: Vec::new(),
            starts: list.iter().copied().map(Duration::from_millis).collect(),
        };
        assert_eq!(times(&[1, 2, 9]).median(), Some(Duration::from_millis(2)));
        assert_eq!(times(&[1, 2, 4, 9]).median(), Some(Duration::from_millis(3)));
        assert_eq!(times(&[]).median(), None);
    }
}
