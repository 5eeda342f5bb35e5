//! The end of the client certificate, told before the gateway tells it.

use std::path::Path;

use rustls::pki_types::UnixTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::net::tls::describe::date;

/// Warns when the certificate has expired or will within so many days. It is used all the same: the gateway decides.
pub(super) fn warn(path: &Path, certificate: &[u8], days: Option<u32>) {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        // the TLS back end says it better
        return;
    };
    let end = certificate.validity().not_after.timestamp();
    let now = i64::try_from(UnixTime::now().as_secs()).unwrap_or(i64::MAX);
    let certificate = path.display();
    match expiry(end, now, days.unwrap_or(DEFAULT_DAYS)) {
        Some(Expiry::Past) => {
            tracing::warn!(%certificate, expired = %date(end), "the client certificate has expired; ask for a new one");
        }
        Some(Expiry::Soon) => {
            tracing::warn!(%certificate, expires = %date(end), "the client certificate expires soon; ask for a new one");
        }
        None => {}
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Expiry {
    Past,
    Soon,
}

fn expiry(end: i64, now: i64, days: u32) -> Option<Expiry> {
    let left = end.saturating_sub(now);
    if days == 0 {
        None
    } else if left < 0 {
        Some(Expiry::Past)
    } else {
        (left <= i64::from(days) * SECONDS_PER_DAY).then_some(Expiry::Soon)
    }
}

/// As in OpenConnect.
const DEFAULT_DAYS: u32 = 60;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_in_time_unless_that_is_turned_off() {
        let now = 1_000_000_000;
        for (left, days, told) in [
            (61 * SECONDS_PER_DAY, 60, None),
            (60 * SECONDS_PER_DAY, 60, Some(Expiry::Soon)),
            (0, 1, Some(Expiry::Soon)),
            (-1, 1, Some(Expiry::Past)),
            (-1, 0, None),
            (5, 0, None),
            (i64::MAX, u32::MAX, None),
            (i64::MIN, u32::MAX, Some(Expiry::Past)),
        ] {
            let end = now + left.clamp(-now, i64::MAX - now);
            assert_eq!(expiry(end, now, days), told, "{left} {days}");
        }
    }
}
