//! Certificates of the machine: who issued them, which is all that is looked at here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// A certificate that may be shown to the gateway. A key that stands in the same file is never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineCertificate {
    pem: String,
    issuer: Vec<NamePart>,
}

/// A part of a distinguished name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamePart {
    /// Object identifier with dots, `2.5.4.3` for the common name.
    pub oid: String,
    /// Its text.
    pub text: String,
}

/// Why a file is no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// No `BEGIN CERTIFICATE` with its end.
    #[error("there is no certificate in PEM form in it")]
    NoPem,
    /// What stands between them is something else.
    #[error("its certificate is damaged")]
    Damaged,
}

impl MachineCertificate {
    /// The first certificate of a PEM file.
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        let (_, behind) = text.split_once(BEGIN).ok_or(CertificateError::NoPem)?;
        let (body, _) = behind.split_once(END).ok_or(CertificateError::NoPem)?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(&body).map_err(|_| CertificateError::Damaged)?;
        let issuer = issuer(&der).ok_or(CertificateError::Damaged)?;
        let mut pem = format!("{BEGIN}\n");
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, behind) = rest.split_at_checked(PEM_LINE).unwrap_or((rest, ""));
            pem.push_str(line);
            pem.push('\n');
            rest = behind;
        }
        pem.push_str(END);
        Ok(Self { pem, issuer })
    }

    /// The certificate in PEM form, without a line break at its end.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// True when its issuer has every one of these parts.
    pub fn is_issued_by(&self, parts: &[NamePart]) -> bool {
        parts.iter().all(|part| self.issuer.contains(part))
    }
}

/// The parts of the issuer's name out of a certificate (RFC 5280 §4.1).
fn issuer(der: &[u8]) -> Option<Vec<NamePart>> {
    let (certificate, _) = expect(der, SEQUENCE)?;
    let (mut body, _) = expect(certificate, SEQUENCE)?;
    if let Some((_, behind)) = expect(body, VERSION) {
        body = behind;
    }
    let (_, body) = expect(body, INTEGER)?;
    let (_, body) = expect(body, SEQUENCE)?;
    let (mut name, _) = expect(body, SEQUENCE)?;
    let mut parts = Vec::new();
    while !name.is_empty() {
        let (mut set, behind) = expect(name, SET)?;
        name = behind;
        while !set.is_empty() {
            let (pair, behind) = expect(set, SEQUENCE)?;
            set = behind;
            let (oid, value) = expect(pair, OBJECT_IDENTIFIER)?;
            let (tag, value, _) = element(value)?;
            parts.push(NamePart {
                oid: dotted(oid)?,
                text: text(tag, value),
            });
        }
    }
    Some(parts)
}

/// Content of the first element, if it has this tag, and what follows it.
fn expect(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(der)?;
    (tag == wanted).then_some((content, rest))
}

/// Tag and content of the first element, and what follows it. Tags of more than one octet do not occur here.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let mut length = usize::from(*first);
    if *first >= LONG_FORM {
        let count = usize::from(*first & !LONG_FORM);
        let (octets, behind) = rest.split_at_checked(count)?;
        if !(1..=MAX_LENGTH_OCTETS).contains(&count) {
            return None;
        }
        length = octets
            .iter()
            .fold(0, |length, octet| length << 8 | usize::from(*octet));
        rest = behind;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

fn dotted(octets: &[u8]) -> Option<String> {
    let mut numbers = Vec::new();
    let mut number: u64 = 0;
    for octet in octets {
        number = number.checked_mul(128)? + u64::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            numbers.push(number);
            number = 0;
        }
    }
    let (first, others) = numbers.split_first()?;
    // X.690 §8.19.4: the first two numbers share one
    let root = (first / 40).min(2);
    let mut text = format!("{root}.{}", first - root * 40);
    for number in others {
        text.push_str(&format!(".{number}"));
    }
    Some(text)
}

fn text(tag: u8, octets: &[u8]) -> String {
    match tag {
        BMP_STRING => {
            let units = octets.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair));
            char::decode_utf16(units)
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        T61_STRING => octets.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(octets).into_owned(),
    }
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
const PEM_LINE: usize = 64;

const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const T61_STRING: u8 = 0x14;
const BMP_STRING: u8 = 0x1e;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const LONG_FORM: u8 = 0x80;
const MAX_LENGTH_OCTETS: usize = 4;

#[cfg(test)]
pub(super) mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    pub(in crate::auth::host_check) fn part(oid: &str, text: &str) -> NamePart {
        NamePart {
            oid: oid.to_owned(),
            text: text.to_owned(),
        }
    }

    /// A certificate of the authority "CN=name, O=Example, GmbH", in PEM form.
    pub(in crate::auth::host_check) fn issued_by(name: &str) -> String {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, name);
        authority
            .distinguished_name
            .push(DnType::OrganizationName, "Example, GmbH");
        let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name.push(DnType::CommonName, "machine");
        let key = KeyPair::generate().unwrap();
        leaf.signed_by(&key, &issuer).unwrap().pem()
    }

    #[test]
    fn the_issuer_is_read_and_compared() {
        let certificate = MachineCertificate::parse(&issued_by("Devices \u{fc}")).unwrap();
        let name = part("2.5.4.3", "Devices \u{fc}");
        let organisation = part("2.5.4.10", "Example, GmbH");
        assert!(certificate.is_issued_by(&[]));
        assert!(certificate.is_issued_by(&[organisation.clone(), name.clone()]));
        for other in [
            part("2.5.4.3", "machine"),
            part("2.5.4.10", "Devices \u{fc}"),
            part("2.5.4.11", ""),
        ] {
            assert!(
                !certificate.is_issued_by(&[name.clone(), other.clone()]),
                "{other:?}"
            );
        }
    }

    #[test]
    fn only_the_first_certificate_of_a_file_is_kept_and_no_key() {
        let pem = issued_by("a").replace('\n', "\r\n");
        let key = KeyPair::generate().unwrap().serialize_pem();
        let file = format!("Bag attributes\n{key}\n{pem}\n{}", issued_by("b"));
        let certificate = MachineCertificate::parse(&file).unwrap();
        assert_eq!(certificate.pem(), pem.replace('\r', "").trim_end());
        assert!(!certificate.pem().contains("PRIVATE"));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let pem = issued_by("a");
        let der = |octets: &[u8]| format!("{BEGIN}\n{}\n{END}", STANDARD.encode(octets));
        let table = [
            (String::new(), CertificateError::NoPem),
            (pem.replace(END, ""), CertificateError::NoPem),
            (pem.replace('M', "*"), CertificateError::Damaged),
            (der(b""), CertificateError::Damaged),
            (
                der(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
                CertificateError::Damaged,
            ),
            (der(&[0x30, 0x80]), CertificateError::Damaged),
            (der(&[0x30, 0x02, 0x02, 0x00]), CertificateError::Damaged),
        ];
        for (file, error) in table {
            assert_eq!(MachineCertificate::parse(&file), Err(error), "{file}");
        }
    }

    #[test]
    fn every_shortened_certificate_is_refused() {
        let pem = issued_by("a");
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).unwrap();
        assert!(issuer(&der).is_some());
        for end in 0..der.len() {
            assert_eq!(issuer(&der[..end]), None, "{end}");
        }
    }

    #[test]
    fn strings_of_old_kinds_and_long_identifiers_are_read() {
        assert_eq!(text(BMP_STRING, &[0, b'a', 0x20, 0xac, 0]), "a\u{20ac}");
        assert_eq!(text(T61_STRING, &[0xfc]), "\u{fc}");
        assert_eq!(text(0x13, b"a"), "a");
        let email = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
        assert_eq!(dotted(&email).as_deref(), Some("1.2.840.113549.1.9.1"));
        assert_eq!(dotted(&[0x88, 0x37]).as_deref(), Some("2.999"));
        assert_eq!(dotted(&[]), None);
        assert_eq!(dotted(&[0xff; 20]), None);
    }
}
