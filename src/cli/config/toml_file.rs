//! Settings in TOML. Tables only group: `[network] dns` is `dns`, `[reconnect] timeout` is `reconnect-timeout`.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::entry::{Entry, Fault, Position, Problem, Value};
use super::vocabulary::{Kind, Vocabulary};
use crate::secret::Secret;

/// Reads the settings of a file, in the order of their places.
pub(super) fn parse(text: &str, keys: &Vocabulary) -> Result<Vec<Entry>, Problem> {
    let table = DeTable::parse(text).map_err(|error| Problem {
        at: Position::of(text, error.span().map_or(0, |span| span.start)),
        fault: Fault::Syntax(error.message().lines().next().unwrap_or_default().to_owned()),
    })?;
    let mut reader = Reader {
        text,
        keys,
        entries: Vec::new(),
    };
    let mut pairs: Vec<_> = table.get_ref().iter().collect();
    pairs.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in pairs {
        match value.get_ref().as_table() {
            Some(table) => reader.table(key, table)?,
            None => reader.entry(key.get_ref(), key, value)?,
        }
    }
    Ok(reader.entries)
}

struct Reader<'a> {
    text: &'a str,
    keys: &'a Vocabulary,
    entries: Vec<Entry>,
}

type Key<'i> = Spanned<DeString<'i>>;

impl Reader<'_> {
    fn table(&mut self, name: &Key<'_>, table: &DeTable<'_>) -> Result<(), Problem> {
        let mut pairs: Vec<_> = table.iter().collect();
        pairs.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in pairs {
            // the longer name first, so that [dns] server is not taken for the gateway
            let long = format!("{}-{}", name.get_ref(), key.get_ref());
            match self.keys.knows(&long) {
                true => self.entry(&long, key, value)?,
                false => self.entry(key.get_ref(), key, value)?,
            }
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, key: &Key<'_>, value: &Spanned<DeValue<'_>>) -> Result<(), Problem> {
        let (option, kind) = self.keys.find(name).map_err(|fault| self.problem(key, fault))?;
        if self.entries.iter().any(|entry| entry.option == option) {
            return Err(self.problem(key, Fault::Twice(name.to_owned())));
        }
        let entry = Entry {
            option: option.to_owned(),
            value: self.value(name, kind, value)?,
            at: Position::of(self.text, key.span().start),
        };
        self.entries.push(entry);
        Ok(())
    }

    fn value(&self, name: &str, kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<Value, Problem> {
        let plain = value.get_ref();
        let found = match (kind, plain) {
            (Kind::Flag | Kind::Count, DeValue::Boolean(given)) => Some(Value::Times((*given).into())),
            (Kind::Count, DeValue::Integer(_)) => count(plain).map(Value::Times),
            (Kind::List, DeValue::Array(values)) => {
                let texts = values.iter().map(|value| {
                    let wrong = || self.wrong(name, kind, value);
                    text_of(value.get_ref()).ok_or_else(wrong)
                });
                Some(Value::Texts(texts.collect::<Result<_, _>>()?))
            }
            (Kind::Value | Kind::List, _) => text_of(plain).map(|text| Value::Texts(vec![text])),
            (Kind::Flag | Kind::Count, _) => None,
        };
        found.ok_or_else(|| self.wrong(name, kind, value))
    }

    fn wrong(&self, name: &str, kind: Kind, value: &Spanned<DeValue<'_>>) -> Problem {
        let value_type = value.get_ref().type_str();
        let fault = match value.get_ref().is_table() {
            true => Fault::Nested,
            false => Fault::Kind {
                key: name.to_owned(),
                wanted: wanted(kind),
                found: value_type,
            },
        };
        self.problem(value, fault)
    }

    fn problem<T>(&self, place: &Spanned<T>, fault: Fault) -> Problem {
        Problem {
            at: Position::of(self.text, place.span().start),
            fault,
        }
    }
}

fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Flag => "true or false",
        Kind::Count => "true, false or a small number",
        Kind::Value => "a text or a number",
        Kind::List => "a list of texts",
    }
}

fn text_of(value: &DeValue<'_>) -> Option<Secret> {
    if let Some(text) = value.as_str() {
        return Some(Secret::new(text));
    }
    let number = value.as_integer()?;
    let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
    Some(Secret::new(number.to_string()))
}

fn count(value: &DeValue<'_>) -> Option<u8> {
    let count = text_of(value)?.expose().parse().ok()?;
    (count <= MAX_COUNT).then_some(count)
}

/// More than enough for `verbose`.
const MAX_COUNT: u8 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Vec<String>, String> {
        let entries = parse(text, &Vocabulary::of_program()).map_err(|problem| {
            let Position { line, column } = problem.at;
            format!("{line}:{column}: {}", problem.fault)
        })?;
        Ok(entries.iter().flat_map(Entry::words).collect())
    }

    #[test]
    fn the_example_of_the_manual_is_understood() {
        let text = r#"
            server = "https://vpn.example.com/admins"
            user = "joe"
            password-command = "pass show vpn | head -n1"
            form-entry = ["frmLogin:email=joe@example.com"]
            no-esp = true
            passtos = false
            mtu = 1_400
            verbose = 2
            [network]
            dns = "resolved"
            dns-domain = ["corp.example", "~intra.example"]
            [reconnect]
            timeout = 600
        "#;
        let expected = [
            "--server=https://vpn.example.com/admins",
            "--user=joe",
            "--passwd-command=pass show vpn | head -n1",
            "--form-entry=frmLogin:email=joe@example.com",
            "--no-esp",
            "--mtu=1400",
            "--verbose",
            "--verbose",
            "--dns=resolved",
            "--dns-domain=corp.example",
            "--dns-domain=~intra.example",
            "--reconnect-timeout=600",
        ];
        assert_eq!(words(text), Ok(expected.map(str::to_owned).into()));
        assert_eq!(
            words("[dns]\nserver = '10.0.0.1'"),
            Ok(vec!["--dns-server=10.0.0.1".to_owned()])
        );
        assert_eq!(words("route = []"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (text, expected) in [
            ("user = \"joe\"\nreaml = \"x\"", "2:1: unknown key \"reaml\""),
            ("  password = \"x\"", "1:3: a password is not kept in this file"),
            (
                "no-esp = \"yes\"",
                "1:10: \"no-esp\" wants true or false, not string",
            ),
            (
                "user = [\"a\"]",
                "1:8: \"user\" wants a text or a number, not array",
            ),
            (
                "user = true",
                "1:8: \"user\" wants a text or a number, not boolean",
            ),
            (
                "verbose = 10",
                "1:11: \"verbose\" wants true, false or a small number, not integer",
            ),
            (
                "route = [\"a\", 1.5]",
                "1:15: \"route\" wants a list of texts, not float",
            ),
            ("no-esp = true\nno-dtls = false", "2:1: \"no-dtls\" is said twice"),
            (
                "[network]\nuser = \"a\"\n[x]\nuser = \"b\"",
                "4:1: \"user\" is said twice",
            ),
            ("[network.dns]\nx = 1", "1:1: tables in tables are not known here"),
            (
                "[[network]]\ndns = 1",
                "1:1: \"network\" wants a text or a number, not array",
            ),
        ] {
            assert_eq!(words(text), Err(expected.to_owned()), "{text}");
        }
        for text in [
            "user = ",
            "user = \"joe",
            "user",
            "= 1",
            "user = 'a'\nuser = 'b'",
            "\u{0}",
        ] {
            words(text).expect_err(text);
        }
    }
}
