//! What an external host checker prints: line by line into our messages, and only so much of it.

use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::error::Clean;

/// Reads what it prints as long as it runs, so that it neither waits for us nor dies of a closed pipe.
#[derive(Debug)]
pub(super) struct Output {
    /// For the end, when nothing else of ours runs.
    pipe: PipeReader,
    lines: Arc<Mutex<Lines>>,
    task: JoinHandle<()>,
}

impl Output {
    /// The reader, and the end to write to.
    pub(super) fn new() -> io::Result<(Self, PipeWriter)> {
        let (pipe, theirs) = io::pipe()?;
        // this makes reading of the other copy non-blocking, too
        let receiver = Receiver::from_owned_fd(OwnedFd::from(pipe.try_clone()?))?;
        let lines = Arc::new(Mutex::new(Lines::default()));
        let task = tokio::spawn(pass_on(receiver, lines.clone()));
        Ok((Self { pipe, lines, task }, theirs))
    }

    /// Takes what is there, without waiting.
    pub(super) fn drain(&mut self) {
        let mut buffer = [0; ROOM];
        for _ in 0..MAX_READS {
            match self.pipe.read(&mut buffer) {
                Ok(count @ 1..) => push(&self.lines, buffer.get(..count).unwrap_or_default()),
                Ok(0) | Err(_) => return,
            }
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.task.abort();
        self.drain();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.end(tell);
    }
}

async fn pass_on(pipe: Receiver, lines: Arc<Mutex<Lines>>) {
    let mut buffer = vec![0; ROOM];
    while pipe.readable().await.is_ok() {
        match pipe.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => push(&lines, buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
        // one that prints without end must not keep us from all else
        tokio::time::sleep(PAUSE).await;
    }
}

fn push(lines: &Mutex<Lines>, octets: &[u8]) {
    let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    lines.push(octets, tell);
}

fn tell(said: Said<'_>) {
    match said {
        Said::Line(line) => info!("host checker: {}", Clean(line)),
        Said::TooMuch => warn!("the host checker prints more than is shown"),
    }
}

/// What comes of the octets.
#[derive(Debug, PartialEq, Eq)]
enum Said<'a> {
    /// As it was printed, without its end.
    Line(&'a str),
    /// The rest is not shown.
    TooMuch,
}

/// Octets cut into lines.
#[derive(Debug, Default)]
struct Lines {
    begun: Vec<u8>,
    octets: usize,
    lines: usize,
    is_full: bool,
}

impl Lines {
    fn push(&mut self, octets: &[u8], mut tell: impl FnMut(Said<'_>)) {
        for octet in octets {
            if self.is_full {
                return;
            }
            self.octets += 1;
            if *octet != b'\n' {
                self.begun.push(*octet);
            }
            if *octet == b'\n' || self.begun.len() == MAX_LINE {
                self.end(&mut tell);
                self.lines += 1;
            }
            if self.octets == MAX_OCTETS || self.lines == MAX_LINES {
                self.is_full = true;
                self.end(&mut tell);
                tell(Said::TooMuch);
            }
        }
    }

    /// What was begun is a line. Empty ones are left out.
    fn end(&mut self, mut tell: impl FnMut(Said<'_>)) {
        let line = String::from_utf8_lossy(&self.begun);
        let line = line.trim_end();
        if !line.is_empty() {
            tell(Said::Line(line));
        }
        self.begun.clear();
    }
}

/// What a pipe holds.
const ROOM: usize = 64 * 1024;
/// More than a full pipe is not worth waiting for when it ends.
const MAX_READS: usize = 4;
/// Between two reads: a few megabytes in a second.
const PAUSE: Duration = Duration::from_millis(10);
/// Octets shown of one run, lines, and octets of one line.
const MAX_OCTETS: usize = 64 * 1024;
const MAX_LINES: usize = 1000;
const MAX_LINE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(parts: &[&[u8]]) -> (Vec<String>, usize) {
        let (mut told, mut too_much) = (Vec::new(), 0);
        let mut tell = |said: Said<'_>| match said {
            Said::Line(line) => told.push(line.to_owned()),
            Said::TooMuch => too_much += 1,
        };
        let mut lines = Lines::default();
        for part in parts {
            lines.push(part, &mut tell);
        }
        lines.end(&mut tell);
        (told, too_much)
    }

    #[test]
    fn octets_become_lines() {
        let (told, too_much) = said(&[b"a\r\n\nb", b"c\nd"]);
        assert_eq!(told, ["a", "bc", "d"]);
        assert_eq!(too_much, 0);
    }

    #[test]
    fn only_so_much_is_told() {
        let table: [(&[u8], usize); 3] = [(b"y\n", MAX_LINES), (b"x", MAX_OCTETS / MAX_LINE), (b"\n", 0)];
        for (part, count) in table {
            let (told, too_much) = said(&vec![part; 2 * MAX_OCTETS]);
            assert_eq!((told.len(), too_much), (count, 1), "{part:?}");
            assert!(told.iter().all(|line| line.len() <= MAX_LINE));
        }
    }
}
