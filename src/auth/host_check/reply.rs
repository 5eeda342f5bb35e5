//! The answer of an external host checker, line by line (`juniper-nc.md §5.2`).

use std::time::Duration;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// What an external host checker found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The new `DSPREAUTH`.
    pub preauth: Secret,
    /// Time until the next check; `None` when it gave none, or 0.
    pub interval: Option<Duration>,
}

/// Why an answer of an external host checker is no success.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// The first line is not `200`.
    #[error("it answered \"{status}\" instead of 200")]
    Refused {
        /// The line, cut.
        status: String,
    },
    /// The third line is empty.
    #[error("it answered without a cookie")]
    NoCookie,
    /// The third line holds what no cookie can.
    #[error("its cookie holds a character that no cookie has")]
    BadCookie,
    /// A line of more than 8 KiB.
    #[error("it answered with a line of more than 8 KiB")]
    LineTooLong,
    /// No empty line where one must be.
    #[error("its answer has too many lines")]
    TooManyLines,
}

/// Reads an answer in pieces of any size.
pub struct ReplyReader {
    /// Holds the cookie for a while; as large as it ever gets, so that no copy is left elsewhere.
    line: Zeroizing<Vec<u8>>,
    /// Whole lines so far.
    lines: usize,
    preauth: Secret,
    interval: Option<Duration>,
}

impl Default for ReplyReader {
    fn default() -> Self {
        Self {
            line: Zeroizing::new(Vec::with_capacity(MAX_LINE)),
            lines: 0,
            preauth: Secret::default(),
            interval: None,
        }
    }
}

impl ReplyReader {
    /// Takes the next octets. What follows a whole answer is left out.
    pub fn push(&mut self, octets: &[u8]) -> Result<Option<Reply>, ReplyError> {
        for octet in octets {
            if *octet != b'\n' {
                if self.line.len() == MAX_LINE {
                    return Err(ReplyError::LineTooLong);
                }
                self.line.push(*octet);
                continue;
            }
            self.lines += 1;
            let ended = self.end_line()?;
            self.line.clear();
            if ended {
                let preauth = std::mem::take(&mut self.preauth);
                let interval = self.interval;
                return Ok(Some(Reply { preauth, interval }));
            }
        }
        Ok(None)
    }

    /// True when the line ends the answer.
    fn end_line(&mut self) -> Result<bool, ReplyError> {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        match self.lines {
            1 if line == b"200" => {}
            1 => {
                let status = String::from_utf8_lossy(line);
                let status = status.chars().take(MAX_STATUS).collect();
                return Err(ReplyError::Refused { status });
            }
            // a number of unknown meaning
            2 => {}
            3 if line.is_empty() => return Err(ReplyError::NoCookie),
            3 => self.preauth = cookie(line).ok_or(ReplyError::BadCookie)?,
            _ if line.is_empty() => return Ok(true),
            4 => self.interval = seconds(line),
            5..=LAST_LINE => {}
            _ => return Err(ReplyError::TooManyLines),
        }
        Ok(false)
    }
}

fn cookie(line: &[u8]) -> Option<Secret> {
    let text = std::str::from_utf8(line).ok()?;
    let fits = text
        .bytes()
        .all(|octet| octet.is_ascii_graphic() && octet != b';');
    fits.then(|| Secret::new(text))
}

fn seconds(line: &[u8]) -> Option<Duration> {
    let seconds: u32 = std::str::from_utf8(line).ok()?.trim().parse().ok()?;
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

/// `juniper-nc.md §5.2`: the clients known take 1 KiB, but cookies grow.
const MAX_LINE: usize = 8 << 10;
/// Four lines with a meaning and ten more.
const LAST_LINE: usize = 14;
/// Characters shown of a first line.
const MAX_STATUS: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Option<Reply>, ReplyError> {
        ReplyReader::default().push(text)
    }

    fn reply(interval: Option<u64>) -> Result<Option<Reply>, ReplyError> {
        Ok(Some(Reply {
            preauth: Secret::new("new"),
            interval: interval.map(Duration::from_secs),
        }))
    }

    #[test]
    fn answers_follow_the_table() {
        // R37 to R39
        let refused = |status: &str| {
            Err(ReplyError::Refused {
                status: status.to_owned(),
            })
        };
        let table = [
            ("200\n3\nnew\n\n", reply(None)),
            ("200\r\n3\r\nnew\r\n\r\n", reply(None)),
            ("200\n\nnew\n\n\n", reply(None)),
            ("200\n3\nnew\n600\n\n", reply(Some(600))),
            ("200\n3\nnew\n600\na\nb\nc\nd\ne\n\nf\n", reply(Some(600))),
            ("200\n3\nnew\n0\n\n", reply(None)),
            ("200\n3\nnew\nsoon\n\n", reply(None)),
            ("200\n3\nnew\n-1\n\n", reply(None)),
            ("200\n3\nnew\n", Ok(None)),
            ("200\n3\nnew\n600\n", Ok(None)),
            ("200", Ok(None)),
            ("404\n", refused("404")),
            ("200 OK\n", refused("200 OK")),
            ("\n", refused("")),
            ("200\n3\n\n", Err(ReplyError::NoCookie)),
            ("200\n3\nnew; x=y\n\n", Err(ReplyError::BadCookie)),
            ("200\n3\nne w\n\n", Err(ReplyError::BadCookie)),
        ];
        for (text, expected) in table {
            assert_eq!(read(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn every_split_reads_the_same() {
        let text = b"200\r\n3\r\nnew\r\n600\r\nx\r\n\r\n";
        for end in 0..text.len() {
            let mut reader = ReplyReader::default();
            assert_eq!(reader.push(&text[..end]), Ok(None), "{end}");
            assert_eq!(reader.push(&text[end..]), reply(Some(600)), "{end}");
        }
    }

    #[test]
    fn lines_are_limited_in_length_and_number() {
        let long = "x".repeat(MAX_LINE);
        let whole = read(format!("200\n3\n{long}\n\n").as_bytes());
        assert_eq!(whole.unwrap().unwrap().preauth.expose(), long);
        let longer = format!("200\n3\n{long}x");
        assert_eq!(read(longer.as_bytes()), Err(ReplyError::LineTooLong));
        let lines = |count: usize| format!("200\n3\nnew\n600\n{}", "x\n".repeat(count));
        assert_eq!(read(format!("{}\n", lines(10)).as_bytes()), reply(Some(600)));
        assert_eq!(read(lines(11).as_bytes()), Err(ReplyError::TooManyLines));
    }

    #[test]
    fn a_first_line_is_cut_before_it_is_told() {
        let error = read(format!("{}\n", "\u{fc}".repeat(500)).as_bytes()).unwrap_err();
        assert!(error.to_string().chars().count() < 120, "{error}");
    }
}
