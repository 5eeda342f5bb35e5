//! Certificates in words for people, and by whom they were issued. What they hold is hostile text.

use std::fmt::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;
use zeroize::Zeroizing;

use super::identity::pem::sections;
use crate::error::is_odd;
use crate::net::settings::Pin;

/// What a person wants to know of a certificate. All texts are short and free of control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// `CN=vpn.example.com, O=Example`.
    pub subject: String,
    /// The same of its issuer.
    pub issuer: String,
    /// Host names and addresses it is for.
    pub names: Vec<String>,
    /// First day, `2026-01-31`.
    pub not_before: String,
    /// Last day.
    pub not_after: String,
    /// Seconds since 1970 of its end.
    pub end: i64,
    /// `RSA 2048 bits`, `EC P-256`.
    pub key: String,
    /// SHA-256 of the whole certificate: `AB:CD:…`, as other programs print it.
    pub fingerprint: String,
    /// `pin-sha256:…` of the key.
    pub pin: String,
}

/// Describes a DER certificate; `None` when it is none.
pub fn describe(der: &[u8]) -> Option<Description> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let validity = certificate.validity();
    let end = validity.not_after.timestamp();
    Some(Description {
        subject: name(certificate.subject()),
        issuer: name(certificate.issuer()),
        names: names(&certificate),
        not_before: date(validity.not_before.timestamp()),
        not_after: date(end),
        end,
        key: key(certificate.public_key()),
        fingerprint: fingerprint(der),
        pin: Pin::of_key(certificate.public_key().raw).to_string(),
    })
}

/// Whether the issuer of the first certificate in a PEM text has every wanted attribute: object identifier in dots,
/// and value (`juniper-nc.md §5.7`).
pub fn issuer_matches(pem_cert: &[u8], wanted: &[(String, String)]) -> bool {
    let Some(der) = first_certificate(pem_cert) else {
        return false;
    };
    let Ok((_, certificate)) = X509Certificate::from_der(&der) else {
        return false;
    };
    wanted.iter().all(|(oid, value)| {
        certificate.issuer().iter_attributes().any(|attribute| {
            attribute.attr_type().to_id_string() == *oid
                && text(attribute.attr_value()).is_some_and(|text| text == *value)
        })
    })
}

fn first_certificate(pem: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let sections = sections(pem).ok()?;
    sections
        .iter()
        .find(|section| section.label == b"CERTIFICATE")?
        .der()
        .ok()
}

/// A day of the calendar, in UTC.
pub(super) fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| "a date out of range".to_owned(),
        |time| time.strftime("%Y-%m-%d").to_string(),
    )
}

/// `CN=…, O=…` in the order of the certificate.
fn name(name: &X509Name<'_>) -> String {
    let mut out = Limited::default();
    for attribute in name.iter_attributes() {
        let oid = attribute.attr_type().to_id_string();
        let label = LABELS
            .iter()
            .find(|(known, _)| *known == oid)
            .map_or(oid.as_str(), |(_, label)| label);
        let value = text(attribute.attr_value()).unwrap_or_else(|| "(not text)".to_owned());
        let comma = if out.text.is_empty() { "" } else { ", " };
        if write!(out, "{comma}{label}={value}").is_err() {
            break;
        }
    }
    out.finish()
}

/// The subject's alternative names; addresses as such.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    extension
        .value
        .general_names
        .iter()
        .filter_map(|name| {
            let text = match name {
                GeneralName::DNSName(text) | GeneralName::URI(text) | GeneralName::RFC822Name(text) => {
                    (*text).to_owned()
                }
                GeneralName::IPAddress(octets) => address(octets)?,
                GeneralName::OtherName(..)
                | GeneralName::X400Address(_)
                | GeneralName::DirectoryName(_)
                | GeneralName::EDIPartyName(_)
                | GeneralName::RegisteredID(_)
                | GeneralName::Invalid(..) => return None,
            };
            let mut out = Limited::default();
            // too long is cut, and says so
            let _ = out.write_str(&text);
            Some(out.finish())
        })
        .take(MAX_NAMES)
        .collect()
}

fn address(octets: &[u8]) -> Option<String> {
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Some(Ipv4Addr::from(octets).to_string());
    }
    let octets = <[u8; 16]>::try_from(octets).ok()?;
    Some(Ipv6Addr::from(octets).to_string())
}

/// Kind and size of a public key.
fn key(key: &SubjectPublicKeyInfo<'_>) -> String {
    let oid = key.algorithm.algorithm.to_id_string();
    if let Some((_, name)) = PLAIN_KEYS.iter().find(|(known, _)| *known == oid) {
        return (*name).to_owned();
    }
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA {} bits", bits(rsa.modulus)),
        Ok(PublicKey::EC(_)) => format!("EC {}", curve(key)),
        Ok(PublicKey::DSA(y)) => format!("DSA {} bits", bits(y)),
        Ok(PublicKey::GostR3410(_) | PublicKey::GostR3410_2012(_)) => "GOST".to_owned(),
        Ok(PublicKey::Unknown(_)) | Err(_) => {
            let mut out = Limited::default();
            let _ = write!(out, "of kind {oid}");
            out.finish()
        }
    }
}

fn curve(key: &SubjectPublicKeyInfo<'_>) -> String {
    let parameters = key.algorithm.parameters.as_ref();
    let Some(oid) = parameters.and_then(|parameters| parameters.as_oid().ok()) else {
        return "of a curve of its own".to_owned();
    };
    let oid = oid.to_id_string();
    match CURVES.iter().find(|(known, _)| *known == oid) {
        Some((_, name)) => (*name).to_owned(),
        None => {
            let mut out = Limited::default();
            let _ = write!(out, "on the curve {oid}");
            out.finish()
        }
    }
}

/// Length of a number without the zeros in front.
fn bits(number: &[u8]) -> usize {
    let mut octets = number.iter().skip_while(|octet| **octet == 0);
    match octets.next() {
        Some(first) => {
            let rest = octets.count();
            rest * 8 + usize::try_from(8 - first.leading_zeros()).unwrap_or_default()
        }
        None => 0,
    }
}

fn fingerprint(der: &[u8]) -> String {
    let octets: Vec<String> = digest(&SHA256, der)
        .as_ref()
        .iter()
        .map(|octet| format!("{octet:02X}"))
        .collect();
    octets.join(":")
}

/// The kinds of text a name may hold (RFC 5280 §4.1.2.4), T.61 taken for Latin-1 as everybody does.
fn text(value: &Any<'_>) -> Option<String> {
    let octets = value.data;
    match value.tag() {
        Tag::T61String => Some(octets.iter().map(|octet| char::from(*octet)).collect()),
        Tag::BmpString => {
            let (pairs, rest) = octets.as_chunks::<2>();
            let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
            let text: Result<String, _> = char::decode_utf16(units).collect();
            text.ok().filter(|_| rest.is_empty())
        }
        Tag::UniversalString => {
            let (groups, rest) = octets.as_chunks::<4>();
            let characters = groups
                .iter()
                .map(|four| char::from_u32(u32::from_be_bytes(*four)));
            let text: Option<String> = characters.collect();
            text.filter(|_| rest.is_empty())
        }
        _ => str::from_utf8(octets).ok().map(ToOwned::to_owned),
    }
}

/// A text that stays short and cannot steer a terminal: control characters become `?`, those that turn the direction
/// of writing as well.
#[derive(Default)]
struct Limited {
    text: String,
    count: usize,
}

impl Limited {
    fn finish(mut self) -> String {
        if self.count > MAX_CHARACTERS {
            self.text.push('…');
        }
        self.text
    }
}

impl fmt::Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.count += 1;
            if self.count > MAX_CHARACTERS {
                return Err(fmt::Error);
            }
            self.text.push(if is_odd(character) { '?' } else { character });
        }
        Ok(())
    }
}

/// RFC 4514 §3 and RFC 2985.
const LABELS: [(&str, &str); 10] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];
/// RFC 5480 §2.1.1.1.
const CURVES: [(&str, &str); 4] = [
    ("1.2.840.10045.3.1.7", "P-256"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
    ("1.3.132.0.10", "secp256k1"),
];
/// RFC 8410 §3: their size is in the name.
const PLAIN_KEYS: [(&str, &str); 2] = [("1.3.101.112", "Ed25519"), ("1.3.101.113", "Ed448")];
/// A certificate of a hosting company can hold a hundred names.
const MAX_NAMES: usize = 100;
/// A host name has 253 at most; a distinguished name of four parts is shorter than this.
const MAX_CHARACTERS: usize = 512;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{
        CertificateParams, DnType, DnValue, IsCa, Issuer, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
    };

    use super::*;

    fn params(name: DnValue) -> CertificateParams {
        let names = vec!["vpn.example.com".to_owned(), "2001:db8::1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 31);
        params.not_after = rcgen::date_time_ymd(2050, 2, 1);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, name);
        params
            .distinguished_name
            .push(DnType::CommonName, "gate\u{1b}[2J\u{202e}");
        params
    }

    fn issued() -> (String, Vec<u8>) {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = params(DnValue::BmpString("Prüfstelle".try_into().unwrap()));
        authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let certificate = params("Example".into()).signed_by(&key, &issuer).unwrap();
        (certificate.pem(), certificate.der().to_vec())
    }

    #[test]
    fn a_certificate_is_described_in_short_and_harmless_words() {
        let (_, der) = issued();
        let found = describe(&der).expect("a certificate");
        assert_eq!(found.subject, "O=Example, CN=gate?[2J?");
        assert_eq!(found.issuer, "O=Prüfstelle, CN=gate?[2J?");
        assert_eq!(found.names, ["vpn.example.com", "2001:db8::1"]);
        assert_eq!(found.not_before, "2020-01-31");
        assert_eq!(found.not_after, "2050-02-01");
        // date -u -d 2050-02-01 +%s
        assert_eq!(found.end, 2_527_286_400);
        assert_eq!(found.key, "EC P-256");
        assert_eq!(found.fingerprint.len(), 32 * 3 - 1);
        assert!(found.pin.starts_with("pin-sha256:"), "{}", found.pin);
    }

    #[test]
    fn names_without_end_are_cut() {
        let key = KeyPair::generate().unwrap();
        let long = "x".repeat(100_000);
        let names: Vec<String> = (0..1000).map(|number| format!("{number}.test")).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, long);
        let found = describe(params.self_signed(&key).unwrap().der()).expect("a certificate");
        assert!(found.subject.ends_with('…'));
        assert!(found.subject.chars().count() <= MAX_CHARACTERS + 1);
        assert_eq!(found.names.len(), MAX_NAMES);
    }

    #[test]
    fn keys_are_told_by_kind_and_size() {
        let table = [
            (KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384), "EC P-384"),
            (KeyPair::generate_for(&PKCS_ED25519), "Ed25519"),
        ];
        for (key, text) in table {
            let certificate = params("x".into()).self_signed(&key.unwrap()).unwrap();
            assert_eq!(describe(certificate.der()).expect(text).key, text);
        }
        for size in [1024, 2048] {
            let key = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(size).unwrap()).unwrap();
            let spki = key.public_key_to_der().unwrap();
            let (_, spki) = SubjectPublicKeyInfo::from_der(&spki).unwrap();
            assert_eq!(super::key(&spki), format!("RSA {size} bits"));
        }
        assert_eq!([bits(&[]), bits(&[0, 0]), bits(&[0, 1, 0])], [0, 0, 9]);
    }

    #[test]
    fn an_issuer_matches_with_every_wanted_attribute() {
        let (pem, _) = issued();
        let organization = ("2.5.4.10".to_owned(), "Prüfstelle".to_owned());
        let subject = ("2.5.4.10".to_owned(), "Example".to_owned());
        let other_kind = ("2.5.4.11".to_owned(), "Prüfstelle".to_owned());
        let name = ("2.5.4.3".to_owned(), "gate\u{1b}[2J\u{202e}".to_owned());
        for (wanted, fits) in [
            (vec![organization.clone()], true),
            (vec![name.clone(), organization.clone()], true),
            (vec![], true),
            (vec![subject], false),
            (vec![organization, other_kind], false),
        ] {
            assert_eq!(issuer_matches(pem.as_bytes(), &wanted), fits, "{wanted:?}");
        }
        assert!(!issuer_matches(b"no certificate", &[]));
        assert!(!issuer_matches(
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &[]
        ));
    }

    proptest! {
        #[test]
        fn damaged_certificates_do_no_harm(
            position in 0..600_usize,
            octets in proptest::collection::vec(any::<u8>(), 0..5),
            length in 0..700_usize,
        ) {
            let (_, mut der) = issued();
            der.truncate(length);
            for (target, octet) in der.iter_mut().skip(position).zip(octets) {
                *target = octet;
            }
            let _ = describe(&der);
            let pem = format!(
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &der)
            );
            let _ = issuer_matches(pem.as_bytes(), &[("2.5.4.3".to_owned(), String::new())]);
        }

        #[test]
        fn any_octets_do_no_harm(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(describe(&octets), None);
        }
    }
}
