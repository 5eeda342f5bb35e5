//! Policies a gateway asks for, and what is claimed about them.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::tags::tags;

/// What is claimed about the policies a gateway asks for. A claim of compliance is the user's choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Claims {
    /// Nothing but what is known to be true: no policy is met.
    #[default]
    Report,
    /// All policies are met.
    Accept,
    /// Per policy by its name.
    Listed {
        /// True for those that are met.
        policies: BTreeMap<String, bool>,
        /// What is said about all others.
        others: bool,
    },
}

/// A policy and what was claimed about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// As the gateway calls it.
    pub name: String,
    /// It was said to be met.
    pub met: bool,
}

/// Why a file of claims cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct ClaimsError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: ClaimsProblem,
}

/// What can be wrong with a line of claims.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClaimsProblem {
    /// No `=`, or nothing before it.
    #[error("it is not of the form NAME = ok or NAME = notok")]
    NoClaim,
    /// Something else behind the `=`.
    #[error("\"{0}\" is neither ok nor notok")]
    BadVerdict(String),
    /// The same policy again.
    #[error("\"{0}\" was named before")]
    Twice(String),
}

impl Claims {
    /// Reads lines `NAME = ok` and `NAME = notok`; `*` stands for all policies that are not named, which are else not
    /// met. Empty lines and those that begin with `#` are passed over.
    pub fn parse(text: &str) -> Result<Self, ClaimsError> {
        let mut policies = BTreeMap::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let at = |problem| ClaimsError {
                line: index + 1,
                problem,
            };
            let (name, met) = claim(line).map_err(at)?;
            if policies.insert(name.to_owned(), met).is_some() {
                return Err(at(ClaimsProblem::Twice(name.to_owned())));
            }
        }
        let others = policies.remove(ALL_OTHERS).unwrap_or(false);
        Ok(Self::Listed { policies, others })
    }

    /// What is claimed about a policy.
    pub fn is_met(&self, policy: &str) -> bool {
        match self {
            Self::Report => false,
            Self::Accept => true,
            Self::Listed { policies, others } => policies.get(policy).copied().unwrap_or(*others),
        }
    }
}

/// The name may hold `=` itself.
fn claim(line: &str) -> Result<(&str, bool), ClaimsProblem> {
    let (name, verdict) = line.rsplit_once('=').ok_or(ClaimsProblem::NoClaim)?;
    let (name, verdict) = (name.trim(), verdict.trim());
    if name.is_empty() {
        return Err(ClaimsProblem::NoClaim);
    }
    match verdict.to_ascii_lowercase().as_str() {
        "ok" => Ok((name, true)),
        "notok" => Ok((name, false)),
        _ => Err(ClaimsProblem::BadVerdict(verdict.to_owned())),
    }
}

/// Names of the policies in texts of the gateway, each once (`juniper-nc.md §5.6`). Names that no gateway could have
/// meant, too long or with control characters, are left out.
pub fn requested<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in texts {
        for tag in tags(text).filter(|tag| tag.is("param")) {
            let fields = tag.attribute("value").unwrap_or_default().split(';');
            let found = fields.filter_map(|field| field.trim().strip_prefix("policy="));
            for name in found.map(str::trim) {
                let usable = (1..=MAX_NAME).contains(&name.len()) && !name.contains(char::is_control);
                if usable && names.len() < MAX_POLICIES {
                    names.insert(name.to_owned());
                }
            }
        }
    }
    names
}

/// What is said to the gateway about its policies (`juniper-nc.md §5.6`).
pub fn answer(verdicts: &[PolicyVerdict]) -> String {
    let mut text = String::new();
    for PolicyVerdict { name, met } in verdicts {
        text.push_str("\npolicy:");
        text.push_str(name);
        text.push_str(if *met {
            "\nstatus:OK\n"
        } else {
            "\nstatus:NOTOK\nerror:Unknown error"
        });
    }
    text
}

const ALL_OTHERS: &str = "*";
/// Policies of one gateway.
const MAX_POLICIES: usize = 1024;
/// Octets of the name of a policy.
const MAX_NAME: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, met: bool) -> PolicyVerdict {
        PolicyVerdict {
            name: name.to_owned(),
            met,
        }
    }

    #[test]
    fn policies_are_found_once_each() {
        let table: [(&str, &[&str]); 7] = [
            (
                "<param name=\"policy\" value=\"policy=Required-AV;x=1;policy=Firewall on\">",
                &["Firewall on", "Required-AV"],
            ),
            ("<PARAM VALUE='policy=a'><param value=policy=a>", &["a"]),
            ("<param value=\" policy= R&amp;D ; policy=\">", &["R&D"]),
            ("<param value=\"nopolicy=a;Policy=b\">", &[]),
            ("<input value=\"policy=a\"> policy=b", &[]),
            ("<param value=\"policy=a\nb;policy=c\u{7}\">", &[]),
            ("", &[]),
        ];
        for (text, expected) in table {
            let names: Vec<_> = requested([text]).into_iter().collect();
            assert_eq!(names, expected, "{text}");
        }
    }

    #[test]
    fn no_gateway_fills_the_memory_with_names() {
        let many: String = (0..2000).map(|n| format!("<param value=policy={n}>")).collect();
        assert_eq!(requested([many.as_str()]).len(), MAX_POLICIES);
        let long = format!("<param value=policy={}>", "x".repeat(MAX_NAME + 1));
        assert!(requested([long.as_str()]).is_empty());
    }

    #[test]
    fn the_answer_has_the_documented_form() {
        assert_eq!(answer(&[]), "");
        assert_eq!(
            answer(&[verdict("a", true), verdict("b", false), verdict("c", true)]),
            "\npolicy:a\nstatus:OK\n\npolicy:b\nstatus:NOTOK\nerror:Unknown error\npolicy:c\nstatus:OK\n"
        );
    }

    #[test]
    fn claims_follow_the_table() {
        let listed = Claims::parse("a = ok\nb=NotOK").unwrap();
        let open = Claims::parse("* = ok\nb = notok").unwrap();
        let table = [
            (&Claims::Report, [false, false, false]),
            (&Claims::Accept, [true, true, true]),
            (&listed, [true, false, false]),
            (&open, [true, false, true]),
        ];
        for (claims, met) in table {
            assert_eq!(
                ["a", "b", "c"].map(|policy| claims.is_met(policy)),
                met,
                "{claims:?}"
            );
        }
        assert_eq!(Claims::default(), Claims::Report);
    }

    #[test]
    fn files_of_claims_are_read_line_by_line() {
        let text = "\u{feff}# claims\r\n\r\n Firewall is on = OK \r\nx=y = notok\n";
        let policies = [("Firewall is on", true), ("x=y", false)];
        let policies = policies.map(|(name, met)| (name.to_owned(), met)).into();
        let listed = Claims::Listed {
            policies,
            others: false,
        };
        assert_eq!(Claims::parse(text), Ok(listed));
    }

    #[test]
    fn a_bad_line_is_named() {
        let table = [
            (
                "a = ok\n\nb",
                "line 3: it is not of the form NAME = ok or NAME = notok",
            ),
            ("= ok", "line 1: it is not of the form NAME = ok or NAME = notok"),
            ("# x\na = yes", "line 2: \"yes\" is neither ok nor notok"),
            ("a =", "line 1: \"\" is neither ok nor notok"),
            ("a = ok\na = ok", "line 2: \"a\" was named before"),
            ("* = ok\n* = notok", "line 2: \"*\" was named before"),
        ];
        for (text, problem) in table {
            assert_eq!(Claims::parse(text).unwrap_err().to_string(), problem, "{text}");
        }
    }
}
