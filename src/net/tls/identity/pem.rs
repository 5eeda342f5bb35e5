//! PEM as OpenSSL writes it: sections between lines of dashes, old ones with headers.
//!
//! The reader of `rustls` takes a header for wrong base64 and gives up on the whole file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

/// One thing in a PEM file. The content is decoded when it is asked for: a key nobody needs is left alone.
pub(in crate::net::tls) struct Section<'a> {
    /// `CERTIFICATE`, `PRIVATE KEY` and so on.
    pub(in crate::net::tls) label: &'a [u8],
    headers: Vec<&'a [u8]>,
    body: Vec<&'a [u8]>,
}

/// Why a text is no PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(in crate::net::tls) enum PemProblem {
    /// The file ends inside a section.
    #[error("a section has no END line")]
    NoEnd,
    /// Something else than base64 between the lines of dashes.
    #[error("a section is not base64")]
    NotBase64,
}

/// All sections. What stands between them, such as the "Bag Attributes" of `openssl pkcs12`, is for people.
pub(in crate::net::tls) fn sections(text: &[u8]) -> Result<Vec<Section<'_>>, PemProblem> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut lines = text.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii);
    let mut sections = Vec::new();
    while let Some(line) = lines.next() {
        let Some(label) = between(line, b"-----BEGIN ") else {
            continue;
        };
        let mut section = Section {
            label,
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = lines.next().ok_or(PemProblem::NoEnd)?;
            if between(line, b"-----END ").is_some() {
                break;
            }
            // base64 has no colon
            if line.contains(&b':') {
                section.headers.push(line);
            } else {
                section.body.push(line);
            }
        }
        sections.push(section);
    }
    Ok(sections)
}

impl Section<'_> {
    /// The content, decoded.
    pub(in crate::net::tls) fn der(&self) -> Result<Zeroizing<Vec<u8>>, PemProblem> {
        // room for all of it at once: a key must not stay behind in memory that was outgrown
        let length = self.body.iter().map(|line| line.len()).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(length));
        for line in &self.body {
            text.extend_from_slice(line);
        }
        let decoded = STANDARD.decode(text.as_slice());
        decoded.map(Zeroizing::new).map_err(|_| PemProblem::NotBase64)
    }

    /// The value of a header (RFC 1421 §4.6), such as `DEK-Info`.
    pub(in crate::net::tls) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (found, value) = str::from_utf8(line).ok()?.split_once(':')?;
            (found == name).then_some(value.trim())
        })
    }
}

fn between<'a>(line: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(start)?.strip_suffix(b"-----")
}

/// Editors of another system put it in front.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_with_and_without_headers_are_found_among_other_text() {
        let text = "\u{feff}-----BEGIN A-----\r\nAAEC\r\nAw==\r\n-----END A-----\r\nBag Attributes\n    name: x\n\
                    -----BEGIN B C-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nBAUG\n-----END B C-----";
        let found = sections(text.as_bytes()).unwrap();
        let labels: Vec<&[u8]> = found.iter().map(|section| section.label).collect();
        assert_eq!(labels, [&b"A"[..], b"B C"]);
        assert_eq!(*found[0].der().unwrap(), [0, 1, 2, 3]);
        assert_eq!(found[0].header("DEK-Info"), None);
        assert_eq!(*found[1].der().unwrap(), [4, 5, 6]);
        assert_eq!(found[1].header("DEK-Info"), Some("AES-128-CBC,00"));
    }

    #[test]
    fn cut_and_damaged_sections_are_told_apart() {
        assert_eq!(
            sections(b"-----BEGIN A-----\nAAEC\n").err(),
            Some(PemProblem::NoEnd)
        );
        let damaged = sections(b"-----BEGIN A-----\nA?EC\n-----END A-----\n").unwrap();
        assert_eq!(damaged[0].der().err(), Some(PemProblem::NotBase64));
        assert!(sections(b"\xff\xfe no pem").unwrap().is_empty());
    }
}
