//! The program `resolvconf`, of which there are three: Debian's, openresolv, and a link to `resolvectl`.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::wanted::Wanted;
use crate::platform::linux::process;

/// An installed `resolvconf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Which one it is.
    pub(super) kind: Kind,
}

/// Which program has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The package `resolvconf` of Debian. It ranks records by their names.
    Debian,
    /// openresolv. It ranks records by their names as well, and behind those the ones with a metric.
    Open,
    /// systemd's, which only passes everything on to systemd-resolved.
    Resolvectl,
}

impl Program {
    /// The one that is installed.
    pub(super) fn find() -> Option<Self> {
        let path = FOLDERS
            .iter()
            .map(|folder| Path::new(folder).join("resolvconf"))
            .find(|path| is_executable(path))?;
        let real = fs::canonicalize(&path).ok();
        let name = real.as_ref().and_then(|real| real.file_name()?.to_str());
        let kind = match name {
            Some("resolvectl" | "systemd-resolve") => Kind::Resolvectl,
            _ if Path::new(DEBIANS_OWN).exists() => Kind::Debian,
            _ => Kind::Open,
        };
        Some(Self { path, kind })
    }

    /// The name of our record.
    pub(super) fn record(&self, interface: &str) -> String {
        match self.kind {
            Kind::Debian => {
                let order = fs::read_to_string(INTERFACE_ORDER).unwrap_or_default();
                let prefix = first_pattern(&order).map(|prefix| format!("{prefix}."));
                format!("{}{interface}", prefix.unwrap_or_default())
            }
            // Names of tunnels come first by themselves (`dynamic_order`), unless they are given a metric, even 0.
            Kind::Open if !ranks_first(interface) => format!("tun0.{interface}"),
            Kind::Open | Kind::Resolvectl => interface.to_owned(),
        }
    }

    /// Adds our record, or replaces it.
    pub(super) async fn add(&self, record: &str, wanted: &Wanted) -> io::Result<()> {
        // Alone when everything goes into the tunnel. Never private (-p): without a resolver of its own the machine would
        // then not ask our servers at all.
        let alone = (self.kind == Kind::Open && wanted.everything).then_some("-x");
        let arguments: Vec<&str> = alone.into_iter().chain(["-a", record]).collect();
        run(&self.path, &arguments, &lines(wanted)).await
    }
}

/// Removes a record.
pub(super) async fn delete(program: &Path, record: &str) -> io::Result<()> {
    run(program, &["-d", record], "").await
}

fn lines(wanted: &Wanted) -> String {
    let servers = wanted
        .servers
        .iter()
        .map(|server| format!("nameserver {server}\n"));
    let search = (!wanted.search.is_empty()).then(|| format!("search {}\n", wanted.search.join(" ")));
    servers.chain(search).collect()
}

/// The part before `*` in the first pattern that is nothing but a word and a star: a record whose name begins with it
/// comes before those of other interfaces.
fn first_pattern(order: &str) -> Option<&str> {
    let is_word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    order
        .lines()
        .filter_map(|line| line.trim().strip_suffix('*'))
        .find(|word| is_word(word))
}

/// True for names that openresolv ranks before those of other interfaces.
fn ranks_first(interface: &str) -> bool {
    ["tap", "tun", "vpn"].iter().any(|kind| {
        let number = interface.strip_prefix(kind);
        number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Runs the program with `input`. What it says goes to the log, and its first complaint into the error.
async fn run(program: &Path, arguments: &[&str], input: &str) -> io::Result<()> {
    tracing::debug!(program = %program.display(), ?arguments, "resolvconf starts");
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let group = child.id();
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let work = async {
        let feed = async {
            if let Some(mut stdin) = stdin {
                // one that does not read has its reasons, and says so by its status
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let ((), _, complaints, status) = tokio::join!(feed, tell(stdout), tell(stderr), child.wait());
        Ok::<_, io::Error>((complaints, status?))
    };
    let Ok(done) = tokio::time::timeout(LIMIT, work).await else {
        if let Some(group) = group {
            process::kill_group(group);
        }
        let text = format!("resolvconf did not end within {} s", LIMIT.as_secs());
        return Err(io::Error::new(io::ErrorKind::TimedOut, text));
    };
    let (complaints, status) = done?;
    if status.success() {
        return Ok(());
    }
    let first = complaints.lines().next().unwrap_or_default().to_owned();
    Err(io::Error::other(format!(
        "resolvconf ended with {status}: {first}"
    )))
}

/// Reads to the end, as far as it is worth it, and logs line by line.
async fn tell(output: Option<impl AsyncReadExt + Unpin>) -> String {
    let mut octets = Vec::new();
    if let Some(output) = output {
        let _ = output.take(OUTPUT_LIMIT).read_to_end(&mut octets).await;
    }
    let text = String::from_utf8_lossy(&octets).into_owned();
    for line in text.lines() {
        tracing::debug!("resolvconf: {}", line.escape_debug());
    }
    text
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Where it is installed.
const FOLDERS: [&str; 5] = ["/sbin", "/usr/sbin", "/usr/local/sbin", "/usr/bin", "/bin"];

const PATH: &str = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Part of Debian's program and of no other. Its configuration says less, it stays when the package goes.
const DEBIANS_OWN: &str = "/lib/resolvconf/normalize-resolvconf";

/// interface-order(5)
const INTERFACE_ORDER: &str = "/etc/resolvconf/interface-order";

/// How long it may take. It runs hooks of other packages, and waits for its lock.
const LIMIT: Duration = Duration::from_secs(5);

/// What is read of its output.
const OUTPUT_LIMIT: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::super::wanted::testing::wanted;
    use super::*;

    #[test]
    fn the_first_plain_pattern_ranks_our_record() {
        for (order, expected) in [
            (
                "# interface-order(5)\nlo.inet6\nlo.!(pdns|x)\nlo\ntun*\ntap*\n",
                Some("tun"),
            ),
            ("*\n@(br|eth)*([^.]).inet\n  vpn-1* \n", Some("vpn-1")),
            ("", None),
        ] {
            assert_eq!(first_pattern(order), expected);
        }
    }

    #[test]
    fn openresolv_gets_a_name_that_ranks_first() {
        for (interface, expected) in [
            ("tun0", "tun0"),
            ("vpn12", "vpn12"),
            ("tunnel", "tun0.tunnel"),
            ("work", "tun0.work"),
        ] {
            let program = Program {
                path: "/sbin/resolvconf".into(),
                kind: Kind::Open,
            };
            assert_eq!(program.record(interface), expected);
        }
    }

    #[test]
    fn a_record_has_servers_and_search_domains() {
        let full = wanted(
            &["10.20.0.53", "10.20.0.54"],
            &["a.example", "b.example", "~c.example"],
            false,
        );
        assert_eq!(
            lines(&full),
            "nameserver 10.20.0.53\nnameserver 10.20.0.54\nsearch a.example b.example\n"
        );
        assert_eq!(
            lines(&wanted(&["10.20.0.53"], &[], true)),
            "nameserver 10.20.0.53\n"
        );
    }

    #[test]
    fn a_program_that_fails_is_quoted_and_one_that_reads_nothing_does_no_harm() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("runtime").block_on(async {
            let shell = Path::new("/bin/sh");
            let input = "x".repeat(1 << 20);
            run(shell, &["-c", "exec 0<&-"], &input).await.expect("fine");
            let error = run(shell, &["-c", "echo 'no: lock' >&2; exit 3"], "")
                .await
                .expect_err("fails");
            assert_eq!(
                error.to_string(),
                "resolvconf ended with exit status: 3: no: lock"
            );
            assert!(run(Path::new("/nonexistent"), &[], "").await.is_err());
        });
    }
}
