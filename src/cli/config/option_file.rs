//! OpenConnect's option files: an option in a line, without the dashes.
//!
//! Blanks in front do not count, nor do empty lines and those that begin with `#`. The name ends at a blank or `=`;
//! blanks and one `=` later the value begins, which goes on to the end of the line as it is, without quotes.

use super::entry::{Entry, Fault, Position, Problem, Value};
use super::vocabulary::{Kind, Vocabulary};
use crate::secret::Secret;

/// Reads the settings of a file. Of an option that is given twice the last counts, or all if it may be repeated.
pub(super) fn parse(text: &str, keys: &Vocabulary) -> Result<Vec<Entry>, Problem> {
    let mut entries: Vec<Entry> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let option = line.trim_start_matches([' ', '\t', '\r']);
        if option.is_empty() || option.starts_with('#') {
            continue;
        }
        let at = Position {
            line: index + 1,
            column: line.len() - option.len() + 1,
        };
        let (entry, kind) = read_line(option, at, keys).map_err(|fault| Problem { at, fault })?;
        join(&mut entries, entry, kind);
    }
    Ok(entries)
}

fn read_line(line: &str, at: Position, keys: &Vocabulary) -> Result<(Entry, Kind), Fault> {
    let end = line.find([' ', '\t', '=']).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let (option, kind) = keys.find(name)?;
    let value = value(rest);
    let value = match (kind, value) {
        (Kind::Flag | Kind::Count, "") if !rest.contains('=') => Value::Times(1),
        (Kind::Flag | Kind::Count, _) => return Err(Fault::NoValue(name.to_owned())),
        (Kind::Value | Kind::List, "") => return Err(Fault::ValueMissing(name.to_owned())),
        (Kind::Value | Kind::List, text) => Value::Texts(vec![Secret::new(text)]),
    };
    let option = option.to_owned();
    Ok((Entry { option, value, at }, kind))
}

fn value(rest: &str) -> &str {
    let blanks = [' ', '\t'];
    let rest = rest.trim_start_matches(blanks);
    rest.strip_prefix('=').unwrap_or(rest).trim_start_matches(blanks)
}

fn join(entries: &mut Vec<Entry>, entry: Entry, kind: Kind) {
    let Some(known) = entries.iter_mut().find(|known| known.option == entry.option) else {
        entries.push(entry);
        return;
    };
    match (kind, &mut known.value, entry.value) {
        (Kind::List, Value::Texts(known), Value::Texts(more)) => known.extend(more),
        (Kind::Count, Value::Times(known), Value::Times(more)) => *known = known.saturating_add(more),
        (_, _, value) => {
            known.value = value;
            known.at = entry.at;
        }
    }
}

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
    fn both_forms_of_a_line_are_read() {
        let text = "# a comment\r\n\n  user joe\r\nauthgroup = NAME WITH SPACES\n\tmtu=1400\nscript  \t a = b \n\
                    no-dtls\nform-entry=main:email==x\nform-entry main:b=c\nverbose\nverbose\nuser jim";
        let expected = [
            "--user=jim",
            "--authgroup=NAME WITH SPACES",
            "--mtu=1400",
            "--script=a = b ",
            "--no-esp",
            "--form-entry=main:email==x",
            "--form-entry=main:b=c",
            "--verbose",
            "--verbose",
        ];
        assert_eq!(words(text), Ok(expected.map(str::to_owned).into()));
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (text, expected) in [
            ("user joe\n reaml x", "2:2: unknown key \"reaml\""),
            ("no-dtls yes", "1:1: \"no-dtls\" takes no value"),
            ("no-dtls=", "1:1: \"no-dtls\" takes no value"),
            ("user", "1:1: \"user\" needs a value"),
            ("user =  ", "1:1: \"user\" needs a value"),
            ("\nconfig x", "2:1: \"config\" is for the command line only"),
            ("--user joe", "1:1: unknown key \"--user\""),
            ("[network]", "1:1: unknown key \"[network]\""),
        ] {
            assert_eq!(words(text), Err(expected.to_owned()), "{text}");
        }
    }
}
