//! What the gateway means by the `p=` in the address of a page (`juniper-forms.md §3`).

use url::Url;

use crate::exit::ExitStatus;

/// What follows from a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The page says what to do.
    GoOn,
    /// What was sent was refused.
    Failed,
    /// The host checker must run.
    HostCheck,
    /// A notice with a link to go on by.
    Expiry,
    /// Harmless where a sign-in begins, the end of it later.
    SessionEnded(&'static str),
    /// The end.
    Stop(Stop),
}

/// Why a sign-in cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Plain words.
    pub sentence: &'static str,
    /// What to do about it.
    pub hint: &'static str,
    /// Status of the program.
    pub status: ExitStatus,
}

/// The code of a page, decoded: `user%2Dconfirm` is `user-confirm`.
pub(super) fn of(url: &Url) -> Option<String> {
    let (_, code) = url.query_pairs().find(|(name, _)| name == "p")?;
    Some(code.into_owned())
}

/// What a code means; unknown ones leave it to the page.
pub(super) fn meaning(code: &str) -> Verdict {
    let stop = |status, sentence, hint| {
        Verdict::Stop(Stop {
            sentence,
            hint,
            status,
        })
    };
    match code {
        "failed" => Verdict::Failed,
        "preauth" => Verdict::HostCheck,
        "passwordExpiration" => Verdict::Expiry,
        "forced-off" => {
            Verdict::SessionEnded("the session was ended by an administrator or by a newer sign-in")
        }
        "timed-out" => Verdict::SessionEnded("the session ran into a time limit"),
        "ip-change" => {
            Verdict::SessionEnded("the session was dropped because the address of this machine changed")
        }
        "extend-session" | "logout" => Verdict::SessionEnded("the session ended"),
        "no-roles" => stop(
            ExitStatus::LoginRefused,
            "the account has no role on this gateway",
            "ask the administrator; roles can depend on the realm (--realm) and on the host check (--hostcheck)",
        ),
        "account-locked-out" | "user-lockout" => stop(
            ExitStatus::LoginRefused,
            "the account is locked after too many failed sign-ins",
            "wait, or have the help desk unlock it",
        ),
        "ip-blocked" => stop(
            ExitStatus::LoginRefused,
            "the gateway blocks this address after too many failed sign-ins",
            "wait some minutes and try again",
        ),
        "too-many" => stop(
            ExitStatus::EndedByGateway,
            "too many users are signed in: the gateway's licence is used up",
            "try again later",
        ),
        "rolelimit" => stop(
            ExitStatus::EndedByGateway,
            "the limit of sessions of this role is reached",
            "end another session, or try again later",
        ),
        "no-cookies" => stop(
            ExitStatus::Protocol,
            "the gateway says that it does not get its cookies back",
            "report this as a bug, with the output of -v",
        ),
        _ => Verdict::GoOn,
    }
}

/// A code nobody has told us about.
pub(super) fn is_unknown(code: &str) -> bool {
    meaning(code) == Verdict::GoOn && !STEPS.contains(&code)
}

/// Codes of pages that are steps of a sign-in.
const STEPS: &[&str] = &[
    "start",
    "user-confirm",
    "admin-confirm",
    "more-cred",
    "defender",
    "sn-preauth-show",
    "sn-postauth-show",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_decoded_before_they_are_compared() {
        let url = |text: &str| Url::parse(text).unwrap();
        let code = of(&url(
            "https://gw/dana-na/auth/url_6/welcome.cgi?p=account%2Dlocked%2Dout&x=1",
        ))
        .unwrap();
        assert!(matches!(meaning(&code), Verdict::Stop(stop) if stop.status == ExitStatus::LoginRefused));
        assert_eq!(of(&url("https://gw/?q=failed")), None);
    }

    #[test]
    fn each_known_code_has_its_meaning() {
        for code in [
            "user-confirm",
            "admin-confirm",
            "more-cred",
            "defender",
            "sn-postauth-show",
            "start",
            "new",
        ] {
            assert_eq!(meaning(code), Verdict::GoOn, "{code}");
        }
        for code in [
            "no-roles",
            "user-lockout",
            "ip-blocked",
            "too-many",
            "rolelimit",
            "no-cookies",
        ] {
            assert!(matches!(meaning(code), Verdict::Stop(_)), "{code}");
        }
        for code in ["forced-off", "timed-out", "ip-change", "logout", "extend-session"] {
            assert!(matches!(meaning(code), Verdict::SessionEnded(_)), "{code}");
        }
        assert_eq!(meaning("failed"), Verdict::Failed);
        assert_eq!(meaning("preauth"), Verdict::HostCheck);
        assert_eq!(meaning("passwordExpiration"), Verdict::Expiry);
    }
}
