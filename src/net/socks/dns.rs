//! Questions to name servers and their answers (RFC 1035): addresses of a name, no more.

use std::net::Ipv4Addr;

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The addresses, at least one, and for how many seconds they hold.
    Addresses(Vec<Ipv4Addr>, u32),
    /// There is no such name, or it has no address.
    Nothing,
    /// The answer did not fit into a datagram.
    Truncated,
    /// The server cannot or will not tell.
    Failure,
}

/// A question for the IPv4 addresses of a name; `None` when there can be no such name.
pub(super) fn question(id: u16, name: &str) -> Option<Vec<u8>> {
    let [high, low] = id.to_be_bytes();
    // one question, recursion desired
    let mut message = vec![high, low, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.strip_suffix('.').unwrap_or(name).split('.') {
        if !(1..=63).contains(&label.len()) || !label.bytes().all(is_usual) {
            return None;
        }
        message.push(label.len() as u8);
        message.extend(label.bytes());
    }
    message.push(0);
    if message.len() > HEAD + MAX_NAME {
        return None;
    }
    message.extend([0, A, 0, IN]);
    Some(message)
}

/// Reads the answer to a question. `None` when it is none: cut, garbled, or to another question.
pub(super) fn answer(question: &[u8], message: &[u8]) -> Option<Answer> {
    let (head, asked) = (message.first_chunk::<HEAD>()?, question.get(HEAD..)?);
    let [
        high,
        low,
        flags,
        code,
        _,
        questions,
        answers_high,
        answers_low,
        ..,
    ] = *head;
    let echoed = message.get(HEAD..HEAD + asked.len());
    let is_ours = question.starts_with(&[high, low]) && flags & RESPONSE != 0;
    if !is_ours {
        return None;
    }
    let same = questions == 1 && echoed.is_some_and(|echoed| echoed.eq_ignore_ascii_case(asked));
    match code & 0xf {
        0 if flags & TRUNCATED != 0 => return same.then_some(Answer::Truncated),
        0 if !same => return None,
        0 => {}
        NO_SUCH_NAME => return same.then_some(Answer::Nothing),
        // a server that failed may leave the question out
        _ => return Some(Answer::Failure),
    }
    let count = u16::from_be_bytes([answers_high, answers_low]);
    records(message.get(HEAD + asked.len()..)?, count)
}

/// Whose addresses they are is not compared: between the name and them lie aliases, and the server that makes those up
/// could as well make up the addresses.
fn records(mut rest: &[u8], count: u16) -> Option<Answer> {
    let (mut addresses, mut lifetime) = (Vec::new(), u32::MAX);
    for _ in 0..count {
        rest = after_name(rest)?;
        let ([_, kind, _, class, ttl @ .., len_high, len_low], after) = rest.split_first_chunk::<10>()?;
        let (data, after) = after.split_at_checked(u16::from_be_bytes([*len_high, *len_low]).into())?;
        rest = after;
        lifetime = lifetime.min(u32::from_be_bytes(*ttl.first_chunk()?));
        if (*kind, *class) == (A, IN) && addresses.len() < MAX_ADDRESSES {
            addresses.push(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?));
        }
    }
    Some(match addresses.is_empty() {
        true => Answer::Nothing,
        false => Answer::Addresses(addresses, lifetime),
    })
}

/// What follows a name. It ends with an empty label or with a pointer to another place, which is not followed.
fn after_name(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (len, after) = rest.split_first()?;
        match len {
            0 => return Some(after),
            0xc0.. => return after.get(1..),
            1..=63 => rest = after.get(usize::from(*len)..)?,
            64..0xc0 => return None,
        }
    }
}

/// Letters, digits, hyphen, and the underscore that some sites have.
fn is_usual(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')
}

const HEAD: usize = 12;
const MAX_NAME: usize = 255;
const A: u8 = 1;
const IN: u8 = 1;
const RESPONSE: u8 = 0x80;
const TRUNCATED: u8 = 0x02;
const NO_SUCH_NAME: u8 = 3;
/// More are not tried.
const MAX_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An answer with the alias `x.y` and these addresses.
    fn reply(question: &[u8], code: u8, flags: u8, addresses: &[[u8; 4]]) -> Vec<u8> {
        let mut message = question.to_vec();
        message[2] |= RESPONSE | flags;
        message[3] = code;
        message[7] = addresses.len() as u8 + 1;
        message.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 5, 1, b'x', 1, b'y', 0]);
        for address in addresses {
            message.extend([1, b'x', 1, b'y', 0, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4]);
            message.extend(address);
        }
        message
    }

    #[test]
    fn addresses_come_back_through_an_alias() {
        let asked = question(0x1234, "Intra.corp.example").expect("a name");
        let addresses = [[10, 20, 0, 1], [10, 20, 0, 2]];
        let expected = Answer::Addresses(addresses.map(Ipv4Addr::from).to_vec(), 30);
        assert_eq!(answer(&asked, &reply(&asked, 0, 0, &addresses)), Some(expected));
    }

    #[test]
    fn what_is_no_answer_to_the_question_is_passed_over() {
        let asked = question(1, "a.example").expect("a name");
        let good = reply(&asked, 0, 0, &[[10, 0, 0, 1]]);
        for len in 0..good.len() {
            assert_eq!(answer(&asked, &good[..len]), None, "{len}");
        }
        for (question, message) in [
            (question(2, "a.example"), good.clone()),
            (question(1, "b.example"), good.clone()),
            (question(1, "a.example"), asked.clone()),
        ] {
            assert_eq!(answer(&question.expect("a name"), &message), None);
        }
    }

    #[test]
    fn other_answers_are_told_apart() {
        let asked = question(1, "a.example").expect("a name");
        for (code, flags, expected) in [
            (0, 0, Answer::Nothing),
            (0, TRUNCATED, Answer::Truncated),
            (3, 0, Answer::Nothing),
            (2, 0, Answer::Failure),
            (5, TRUNCATED, Answer::Failure),
        ] {
            let message = reply(&asked, code, flags, &[]);
            assert_eq!(answer(&asked, &message), Some(expected), "{code} {flags}");
        }
    }

    #[test]
    fn impossible_names_are_not_asked_for() {
        let long = "a".repeat(64);
        let many = "a.".repeat(130);
        for name in [
            "",
            ".",
            "a..b",
            ".a",
            &long,
            &many,
            "a b",
            "a/b",
            "ä.example",
            "a\0b",
        ] {
            assert_eq!(question(1, name), None, "{name:?}");
        }
        assert_eq!(question(1, "a.example."), question(1, "a.example"));
        assert!(question(1, "_sip-1.x").is_some());
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(flips in proptest::collection::vec((0_usize..80, any::<u8>()), 0..12), cut in 0_usize..90) {
            let asked = question(1, "a.example").expect("a name");
            let mut message = reply(&asked, 0, 0, &[[10, 0, 0, 1], [10, 0, 0, 2]]);
            for (at, value) in flips {
                if let Some(octet) = message.get_mut(at) {
                    *octet = value;
                }
            }
            message.truncate(cut);
            if let Some(Answer::Addresses(addresses, _)) = answer(&asked, &message) {
                prop_assert!(addresses.len() <= MAX_ADDRESSES);
            }
        }
    }
}
