//! Octets for tests: hexadecimal text, and the transcripts in `fixtures/wire`.

/// Hexadecimal digits; anything between them is passed over.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The configuration in its first form (`juniper-nc.md §21.2`).
pub(crate) fn config_form_a() -> Vec<u8> {
    transcript(include_str!("../../fixtures/wire/config-form-a.hex"))
}

/// What a client sends after it.
pub(crate) fn client_reply() -> Vec<u8> {
    transcript(include_str!("../../fixtures/wire/client-reply.hex"))
}

/// Packets over records.
pub(crate) fn data_split() -> Vec<u8> {
    transcript(include_str!("../../fixtures/wire/data-split.hex"))
}

/// New keys of the gateway.
pub(crate) fn server_rekey() -> Vec<u8> {
    transcript(include_str!("../../fixtures/wire/server-rekey.hex"))
}

/// Lines of `offset  octets`.
fn transcript(text: &str) -> Vec<u8> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| unhex(line.split_once("  ").map_or("", |(_, octets)| octets)))
        .collect()
}
