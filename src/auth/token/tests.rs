//! Vectors of the RFCs, all forms of the text, and odd input.

use proptest::prelude::*;

use super::*;

fn generator(mode: TokenMode, text: &str) -> Result<TokenGenerator, TokenError> {
    TokenGenerator::new(mode, &Secret::new(text))
}

fn hotp(text: &str) -> TokenGenerator {
    generator(TokenMode::Hotp, text).unwrap()
}

fn totp(text: &str) -> TokenGenerator {
    generator(TokenMode::Totp, text).unwrap()
}

/// `12345678901234567890` in base32.
const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

#[test]
fn the_codes_of_rfc_4226_come_one_after_the_other() {
    // appendix D
    let codes = [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
    ];
    let mut token = hotp("12345678901234567890");
    for (counter, code) in codes.iter().enumerate() {
        assert_eq!(token.counter(), u64::try_from(counter).ok());
        assert_eq!(token.code(0).expose(), *code);
    }
    assert_eq!(hotp("12345678901234567890,9").code(7).expose(), codes[9]);
}

#[test]
fn the_codes_of_rfc_6238_fit_their_time() {
    // appendix B; keys of 20, 32 and 64 octets
    let keys = [
        ("SHA1", BASE32),
        ("SHA256", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA"),
        (
            "SHA512",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA",
        ),
    ];
    let table = [
        (59, ["94287082", "46119246", "90693936"]),
        (1_111_111_109, ["07081804", "68084774", "25091201"]),
        (1_111_111_111, ["14050471", "67062674", "99943326"]),
        (1_234_567_890, ["89005924", "91819424", "93441116"]),
        (2_000_000_000, ["69279037", "90698825", "38618901"]),
        (20_000_000_000, ["65353130", "77737706", "47863826"]),
    ];
    for (time, codes) in table {
        for ((algorithm, secret), code) in keys.iter().zip(codes) {
            let link = format!("otpauth://totp/x?secret={secret}&algorithm={algorithm}&digits=8");
            assert_eq!(totp(&link).code(time).expose(), code, "{time} {algorithm}");
        }
    }
}

#[test]
fn all_forms_of_one_secret_yield_the_same_code() {
    for text in [
        "12345678901234567890",
        "12345678901234567890\r\n",
        "sha1:12345678901234567890",
        "SHA1:12345678901234567890 ",
        "0x3132333435363738393031323334353637383930",
        "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "BASE32:gezd gnbv gy3t qojq gezd-gnbv-gy3t-qojq",
        "sha1:base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====",
        "otpauth://totp/Example:joe@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example",
        "OTPAUTH://TOTP/?SECRET=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&period=30&digits=6&algorithm=sha1#x",
        "otpauth://totp/x?secret=%47EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ%3D%3D",
    ] {
        assert_eq!(totp(text).code(59).expose(), "287082", "{text}");
    }
    let long = "12345678901234567890123456789012";
    assert_eq!(totp(&format!("sha256:{long}")).code(59).expose(), "119246");
    let long = "1234567890".repeat(7);
    let long = &long[..64];
    assert_eq!(totp(&format!("Sha512:{long}")).code(59).expose(), "693936");
    // the comma is part of a secret for TOTP, and only the last one is not for HOTP
    assert_eq!(totp("a,1").code(59).expose(), hotp("a,1,1").code(0).expose());
}

#[test]
fn no_time_yields_a_code_twice() {
    let mut token = totp("12345678901234567890");
    assert_eq!(token.wait_for_next(59), Duration::ZERO);
    assert_eq!(token.code(59).expose(), "287082");
    assert_eq!(token.wait_for_next(59), Duration::from_secs(1));
    assert_eq!(token.wait_for_next(30), Duration::from_secs(30));
    // the next counters of RFC 4226
    assert_eq!(token.code(59).expose(), "359152");
    assert_eq!(token.wait_for_next(60), Duration::from_secs(30));
    // also when the clock is set back
    assert_eq!(token.code(0).expose(), "969429");
    assert_eq!(token.code(300).expose(), "403154");
    assert_eq!(token.counter(), None);
    assert_eq!(token.rendered_with_counter(), None);
}

#[test]
fn the_counter_goes_back_into_the_text_as_it_was_written() {
    for (before, after) in [
        ("secret", "secret,1"),
        ("secret,41 \n", "secret,42"),
        ("secret,", "secret,1"),
        ("a,b,1", "a,b,2"),
        ("sha256:0xAbCd, 0x10", "sha256:0xAbCd,17"),
        ("base32:mfra ====,010", "base32:mfra ====,9"),
        (
            "otpauth://hotp/x?counter=7&secret=MFRA&issuer=A%20B#f",
            "otpauth://hotp/x?counter=8&secret=MFRA&issuer=A%20B#f",
        ),
        (
            "otpauth://hotp/x?secret=MFRA",
            "otpauth://hotp/x?secret=MFRA&counter=1",
        ),
        (
            "otpauth://hotp/x?secret=MFRA&counter=9&counter=1",
            "otpauth://hotp/x?secret=MFRA&counter=10&counter=1",
        ),
    ] {
        let mut token = hotp(before);
        let code = token.code(0);
        let text = token.rendered_with_counter().expect("a counter");
        assert_eq!(text.expose(), after);
        let mut again = hotp(text.expose());
        assert_eq!(again.counter(), token.counter());
        assert_ne!(again.code(0), code);
    }
}

#[test]
fn texts_that_name_no_secret_are_refused() {
    use TokenError as E;

    let link = |rest: &str| format!("otpauth://totp/x?secret=MFRA{rest}");
    for (text, error) in [
        ("", E::Empty),
        (" \n", E::Empty),
        ("sha256:", E::Empty),
        ("base32:", E::Empty),
        ("base32:====", E::Empty),
        ("0x", E::Empty),
        ("base32:A", E::Base32),
        ("base32:ABC", E::Base32),
        ("base32:MFR1", E::Base32),
        ("base32:MF=RA", E::Base32),
        ("base32:é", E::Base32),
        ("0x123", E::Hex),
        ("0x+1", E::Hex),
        ("0xé", E::Hex),
        ("<?xml version=\"1.0\"?><KeyContainer/>", E::Pskc),
        ("otpauth://", E::Link),
        ("otpauth://steam/x?secret=MFRA", E::Link),
        ("otpauth://totp", E::Empty),
        ("otpauth://totp/x?secret", E::Empty),
        ("otpauth://totp/x?secret=", E::Empty),
        ("otpauth://totp/x?secret=%", E::Base32),
        (
            "otpauth://hotp/x?secret=MFRA",
            E::Mode {
                link: TokenMode::Hotp,
                wanted: TokenMode::Totp,
            },
        ),
        (&link("&digits=0"), E::Digits),
        (&link("&digits=10"), E::Digits),
        (&link("&digits=+6"), E::Digits),
        (&link("&digits="), E::Digits),
        (&link("&digits=262"), E::Digits),
        (&link("&period=0"), E::Period),
        (&link("&period=4294967296"), E::Period),
        (&link("&period=-30"), E::Period),
        (&link("&algorithm=MD5"), E::Algorithm),
    ] {
        assert_eq!(generator(TokenMode::Totp, text).unwrap_err(), error, "{text}");
    }
    for counter in [
        "x",
        "-1",
        "+1",
        "08",
        "0x",
        "1 2",
        "18446744073709551615",
        "9223372036854775808",
        "9223372036854775807",
        "0x7fffffffffffffff",
    ] {
        let text = format!("secret,{counter}");
        assert_eq!(
            generator(TokenMode::Hotp, &text).unwrap_err(),
            E::Counter,
            "{counter}"
        );
    }
    let text = "otpauth://hotp/x?secret=MFRA&counter=18446744073709551615";
    assert_eq!(generator(TokenMode::Hotp, text).unwrap_err(), E::Counter);
}

#[test]
fn the_ends_of_time_and_counter_are_reached_unharmed() {
    let mut token = hotp("secret,9223372036854775806");
    token.code(0);
    let last = token.rendered_with_counter().unwrap();
    assert_eq!(last.expose(), "secret,9223372036854775807");
    assert_eq!(
        generator(TokenMode::Hotp, last.expose()).unwrap_err(),
        TokenError::Counter
    );
    for link in [
        "otpauth://totp/x?secret=MFRA&period=1",
        "otpauth://totp/x?secret=MFRA&digits=9",
    ] {
        let mut token = totp(link);
        for _ in 0..3 {
            assert!(!token.code(u64::MAX).is_empty());
            token.wait_for_next(u64::MAX);
            token.wait_for_next(0);
        }
    }
}

#[test]
fn nothing_shows_the_secret() {
    let token = hotp("hunter2,5");
    assert!(!format!("{token:?}").contains("hunter2"));
    let error = generator(TokenMode::Hotp, "base32:hunter1,5").unwrap_err();
    assert!(!format!("{error:?} {error}").contains("hunter"));
}

proptest! {
    #[test]
    fn no_text_does_harm(
        head in "(sha256:)?(0x|base32:|otpauth://[th]otp/x\\?secret=)?",
        body in "([A-Z2-7]{0,16}|.{0,12})",
        tail in "(,|&(counter|digits|period)=)?[0-9]{0,21}",
        time in any::<u64>(),
    ) {
        for mode in [TokenMode::Totp, TokenMode::Hotp] {
            if let Ok(mut token) = generator(mode, &format!("{head}{body}{tail}")) {
                let first = token.counter();
                token.code(time);
                token.wait_for_next(time);
                if let Some(text) = token.rendered_with_counter()
                    && let Ok(again) = generator(mode, text.expose())
                {
                    prop_assert_eq!(again.counter(), first.map(|counter| counter + 1));
                }
            }
        }
    }
}
