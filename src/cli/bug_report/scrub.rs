//! Lines of a log, word by word: a word stays when it is one that this program or the system writes.

use std::net::IpAddr;

use ring::hmac;

use crate::net::random::KernelRandom;
use crate::random::RandomSource as _;

/// Replaces what could name a machine or a person.
pub(super) struct Scrubber {
    key: hmac::Key,
    show_hosts: bool,
}

impl Scrubber {
    /// With a key of its own, so that nobody can try names against the fingerprints of a report.
    pub(super) fn new(show_hosts: bool) -> Self {
        let mut key = [0; 32];
        KernelRandom::default().fill(&mut key);
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            show_hosts,
        }
    }

    /// Name or address of a machine: itself only when the user wants it shown.
    pub(super) fn host(&self, name: &str) -> String {
        match self.show_hosts {
            true => name.to_owned(),
            false => self.print("host", name),
        }
    }

    /// A name the user has chosen.
    pub(super) fn name(&self, name: &str) -> String {
        self.print("name", name)
    }

    /// A line of a log. Of requests and answers only that they were there is told: a page may hold anything.
    pub(super) fn line(&self, line: &str) -> String {
        if line.contains("http: ") {
            return "<a line of --dump-http-traffic>".to_owned();
        }
        let mut quoted = false;
        let words = line.split(' ').map(|word| {
            let inside = quoted;
            quoted ^= word.matches('"').count() % 2 == 1;
            match inside || word.contains('"') {
                // what stands in quotes is what somebody else said
                true => "<text>".to_owned(),
                false => self.word(word),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    fn word(&self, word: &str) -> String {
        if let Some((name, value)) = word.split_once('=')
            && is_plain(name)
        {
            return match TELLING.contains(&name) {
                true => format!("{name}={}", self.host(value)),
                false => format!("{name}={}", self.word(value)),
            };
        }
        let core = word.trim_matches(|character: char| !character.is_ascii_alphanumeric());
        match core.is_empty() || is_plain(core) || is_measure(core) || is_tun(core) {
            true => word.to_owned(),
            false if is_host(core) => word.replace(core, &self.host(core)),
            false => self.print("word", core),
        }
    }

    fn print(&self, kind: &str, value: &str) -> String {
        let tag = hmac::sign(&self.key, value.to_ascii_lowercase().as_bytes());
        let mut octets = tag.as_ref().iter();
        let (first, second) = (octets.next().unwrap_or(&0), octets.next().unwrap_or(&0));
        format!("<{kind} fp={first:02x}{second:02x}>")
    }
}

/// A word of the program's own messages: its vocabulary is in its text.
fn is_plain(word: &str) -> bool {
    let letters = word.trim_start_matches('-');
    word.len() <= LONGEST_WORD
        && letters
            .split(['-', '_', ':', '/', '\''])
            .all(|part| part.is_empty() || part == "vpnc" || is_known(part))
}

fn is_known(word: &str) -> bool {
    let mut known = VOCABULARY.split_ascii_whitespace();
    known.any(|known| known.eq_ignore_ascii_case(word))
}

/// A device with the name the kernel gave it.
fn is_tun(word: &str) -> bool {
    let number = word.strip_prefix("tun");
    number.is_some_and(|number| number.bytes().all(|octet| octet.is_ascii_digit()))
}

/// Numbers, times and sizes: `200`, `12:00:01`, `2026-01-31`, `0x08`, `1.5`, `30s`.
fn is_measure(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let others = word.len() - digits;
    let shape = word.bytes().all(|octet| {
        octet.is_ascii_digit() || matches!(octet, b':' | b'-' | b'.' | b'x' | b's' | b'm' | b'%')
    });
    shape && digits > 0 && others <= 5 && digits <= 14 && !is_host(word)
}

fn is_host(word: &str) -> bool {
    let bare = word.trim_matches(['[', ']']);
    let address = bare.split('/').next().unwrap_or(bare);
    let without_port = address.rsplit_once(':').map_or(address, |(host, _)| host);
    [address, without_port]
        .iter()
        .any(|text| text.parse::<IpAddr>().is_ok())
        || bare.contains('.') && bare.bytes().any(|octet| octet.is_ascii_alphabetic()) && !bare.contains('@')
}

/// Fields whose values name a machine.
const TELLING: [&str; 6] = ["address", "gateway", "host", "peer", "place", "url"];
const LONGEST_WORD: usize = 40;

/// Words of this program's messages. One that is missing here costs a report a word, and nobody a secret.
const VOCABULARY: &str = include_str!("vocabulary.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_says_stays_and_what_it_names_goes() {
        let scrubber = Scrubber::new(false);
        let line = "[2026-01-31 13:37:00] connection to the gateway lost retry_in_seconds=2";
        assert_eq!(scrubber.line(line), line);
        for (line, hidden) in [
            ("connected: tun0, 10.66.7.8, gateway 198.51.100.1", "198.51.100.1"),
            ("connect to vpn.corp.example:443", "corp"),
            ("resolved host=vpn.corp.example", "corp"),
            ("cannot read /home/joe/cookie", "joe"),
            ("sign-in of joe", "joe"),
            ("the server says \"hello joe, go\" to", "hello"),
            ("http: GET /dana/home?x=hunter2", "hunter2"),
            ("DSID=0123456789abcdef0123456789abcdef", "0123456789abcdef"),
            ("password hunter2", "hunter2"),
            ("user=Müller", "Müller"),
        ] {
            let scrubbed = scrubber.line(line);
            assert!(!scrubbed.contains(hidden), "{scrubbed}");
        }
    }

    #[test]
    fn fingerprints_tell_same_from_other_and_are_new_in_each_report() {
        let (one, other) = (Scrubber::new(false), Scrubber::new(false));
        assert_eq!(one.host("VPN.example"), one.host("vpn.example"));
        assert_ne!(one.host("vpn.example"), one.host("vpn2.example"));
        let names = ["a.example", "b.example", "c.example"];
        assert!(names.iter().any(|name| one.host(name) != other.host(name)));
        assert_eq!(Scrubber::new(true).host("vpn.example"), "vpn.example");
    }
}
