//! What `auth` prints: for eval in a shell, for nmcli, for programs (`cli.md §8`). Text only; nothing is written here.

use serde_json::json;

use super::args::ResultFormat;
use super::login::SignedIn;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// The whole result in this form.
pub fn result(signed_in: &SignedIn, format: ResultFormat) -> Result<Secret, Error> {
    let cookie = signed_in.cookie();
    let place = signed_in.place();
    let resolve = signed_in
        .resolve
        .as_ref()
        .map(|(name, address)| format!("{name}:{address}"));
    let resolve = resolve.as_deref().unwrap_or_default();
    let url = signed_in.connect_url.as_str();
    let pin = signed_in.fingerprint.as_str();
    match format {
        ResultFormat::Shell => quoted(&[
            ("COOKIE", cookie.expose()),
            ("HOST", &place),
            ("CONNECT_URL", url),
            ("FINGERPRINT", pin),
            ("RESOLVE", resolve),
        ]),
        ResultFormat::Env => quoted(&[
            ("VPNC_COOKIE", cookie.expose()),
            ("VPNC_SERVER", url),
            ("VPNC_HOST", &place),
            ("VPNC_FINGERPRINT", pin),
            ("VPNC_RESOLVE", resolve),
        ]),
        ResultFormat::Nm => lines(&[
            ("vpn.secrets.cookie:", cookie.expose(), ""),
            ("vpn.secrets.gateway:", &place, ""),
            ("vpn.secrets.gwcert:", pin, ""),
            ("vpn.secrets.resolve:", resolve, ""),
        ]),
        ResultFormat::Json => {
            let object = json!({
                "cookie": cookie.expose(),
                "host": place,
                "connect_url": url,
                "fingerprint": pin,
                "resolve": (!resolve.is_empty()).then_some(resolve),
                "expires_at": null,
                "user": signed_in.user,
                "protocol": "nc",
            });
            Ok(Secret::new(format!("{object}\n")))
        }
    }
}

/// The cookie alone.
pub fn cookie_line(signed_in: &SignedIn) -> Result<Secret, Error> {
    lines(&[("", signed_in.cookie().expose(), "")])
}

fn quoted(pairs: &[(&str, &str)]) -> Result<Secret, Error> {
    let names: Vec<String> = pairs.iter().map(|(name, _)| format!("{name}='")).collect();
    let parts = names
        .iter()
        .zip(pairs)
        .map(|(name, (_, value))| (name.as_str(), *value, "'"));
    lines(&parts.collect::<Vec<_>>())
}

/// What stands before, between and behind; refused when a reader could see an end of the value where there is none:
/// nmcli undoes no escapes.
fn lines(parts: &[(&str, &str, &str)]) -> Result<Secret, Error> {
    let ends_early = |character: char| character == '\'' || character == '"' || character.is_control();
    if parts.iter().any(|(_, value, _)| value.contains(ends_early)) {
        return Err(Error::new(
            ExitStatus::BadData,
            "the result of the sign-in cannot be printed: a value holds a quote or a control character",
        )
        .hint("--format json"));
    }
    let length = parts
        .iter()
        .map(|(before, value, behind)| before.len() + value.len() + behind.len() + 1)
        .sum();
    let mut text = String::with_capacity(length);
    for (before, value, behind) in parts {
        text.extend([*before, *value, *behind, "\n"]);
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn signed_in(value: &str) -> SignedIn {
        SignedIn {
            cookies: vec![
                ("DSID".to_owned(), Secret::new(value)),
                ("DSSignInURL".to_owned(), Secret::new("/a b$x`y\\")),
            ],
            host: "2001:db8::1".to_owned(),
            port: 8443,
            connect_url: "https://gw.example:8443/x".parse().expect("a URL"),
            fingerprint: "pin-sha256:AA+/=".to_owned(),
            resolve: Some((
                "gw.example".to_owned(),
                "2001:db8::1".parse().expect("an address"),
            )),
            user: Some("joe".to_owned()),
        }
    }

    fn text(format: ResultFormat) -> String {
        result(&signed_in("0123"), format)
            .expect("a result")
            .expose()
            .to_owned()
    }

    #[test]
    fn the_usual_form_has_five_lines() {
        assert_eq!(
            text(ResultFormat::Shell),
            "COOKIE='DSID=0123; DSSignInURL=/a b$x`y\\'\nHOST='[2001:db8::1]:8443'\n\
             CONNECT_URL='https://gw.example:8443/x'\nFINGERPRINT='pin-sha256:AA+/='\n\
             RESOLVE='gw.example:2001:db8::1'\n"
        );
        let mut plain = signed_in("1");
        (plain.host, plain.port, plain.resolve) = ("192.0.2.1".to_owned(), 443, None);
        let text = result(&plain, ResultFormat::Shell).expect("a result");
        assert!(text.expose().contains("\nHOST='192.0.2.1'\n"));
        assert!(text.expose().ends_with("\nRESOLVE=''\n"));
    }

    #[test]
    fn the_other_forms() {
        assert!(text(ResultFormat::Env).starts_with("VPNC_COOKIE='DSID=0123; "));
        assert!(text(ResultFormat::Nm).starts_with("vpn.secrets.cookie:DSID=0123; "));
        assert!(text(ResultFormat::Nm).contains("\nvpn.secrets.gwcert:pin-sha256:AA+/=\n"));
        let json: serde_json::Value = serde_json::from_str(&text(ResultFormat::Json)).expect("JSON");
        assert_eq!(json["cookie"], "DSID=0123; DSSignInURL=/a b$x`y\\");
        assert_eq!((&json["user"], &json["protocol"]), (&json!("joe"), &json!("nc")));
        assert!(json["expires_at"].is_null());
        let cookie = cookie_line(&signed_in("0123")).expect("a line");
        assert_eq!(cookie.expose(), "DSID=0123; DSSignInURL=/a b$x`y\\\n");
    }

    #[test]
    fn values_that_would_end_early_are_refused_unseen() {
        for value in [
            "hunter2'; reboot; '",
            "hunter2\nHOST=x",
            "hunter2\0",
            "\"hunter2\"",
            "hunter2\u{85}",
        ] {
            for format in [ResultFormat::Shell, ResultFormat::Env, ResultFormat::Nm] {
                let error = result(&signed_in(value), format).expect_err(value);
                assert_eq!(error.status, ExitStatus::BadData);
                assert!(!error.to_string().contains("hunter2"), "{error}");
            }
            assert!(cookie_line(&signed_in(value)).is_err());
            assert!(result(&signed_in(value), ResultFormat::Json).is_ok());
        }
    }

    /// Those that are installed; /bin/sh always is.
    #[test]
    fn shells_get_the_values_back_by_eval() {
        let shells: &[&[&str]] = &[&["/bin/sh"], &["dash"], &["bash"], &["busybox", "sh"]];
        let script = r#"eval "$1"; printf '%s\n' "$COOKIE" "$HOST" "$CONNECT_URL" "$FINGERPRINT" "$RESOLVE""#;
        for shell in shells {
            let output = Command::new(shell[0])
                .args(&shell[1..])
                .args(["-c", script, "sh", &text(ResultFormat::Shell)])
                .output();
            let Ok(output) = output else {
                assert_ne!(shell[0], "/bin/sh", "there is no shell");
                continue;
            };
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                "DSID=0123; DSSignInURL=/a b$x`y\\\n[2001:db8::1]:8443\nhttps://gw.example:8443/x\npin-sha256:AA+/=\n\
                 gw.example:2001:db8::1\n",
                "{shell:?}"
            );
        }
    }

    /// The way nmcli reads: the whole text behind `NAME=`, one pair of equal quotes taken off.
    #[test]
    fn nmcli_gets_the_values_back() {
        let text = text(ResultFormat::Shell);
        let read = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            let value = line.unwrap_or_default();
            let inner = ['\'', '"']
                .iter()
                .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
            inner.unwrap_or(value).to_owned()
        };
        assert_eq!(read("COOKIE"), signed_in("0123").cookie().expose());
        assert_eq!(read("HOST"), "[2001:db8::1]:8443");
        assert_eq!(read("FINGERPRINT"), "pin-sha256:AA+/=");
        assert_eq!(read("RESOLVE"), "gw.example:2001:db8::1");
    }
}
