//! The encryption of old OpenSSL keys: `Proc-Type: 4,ENCRYPTED` and `DEK-Info: CIPHER,IV`.

use aes::{Aes128, Aes192, Aes256};
use cbc::Decryptor;
use cbc::cipher::{Block, BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use des::{Des, TdesEde3};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use super::key::Locked;
use crate::secret::Secret;

/// Decrypts what stood below the headers.
pub(super) fn open(info: &str, data: &[u8], password: &Secret) -> Result<Zeroizing<Vec<u8>>, Locked> {
    let unreadable = |problem: String| Locked::Unreadable(problem);
    let (cipher, iv) = info
        .split_once(',')
        .ok_or_else(|| unreadable("its DEK-Info names no cipher and start value".to_owned()))?;
    let iv = unhex(iv.trim()).ok_or_else(|| unreadable("its DEK-Info has no hex start value".to_owned()))?;
    let plain = match cipher.trim() {
        "AES-128-CBC" => decrypt::<Aes128>(data, password, &iv),
        "AES-192-CBC" => decrypt::<Aes192>(data, password, &iv),
        "AES-256-CBC" => decrypt::<Aes256>(data, password, &iv),
        "DES-EDE3-CBC" => decrypt::<TdesEde3>(data, password, &iv),
        "DES-CBC" => decrypt::<Des>(data, password, &iv),
        other => return Err(unreadable(format!("its cipher {other} is not supported"))),
    };
    plain.ok_or_else(|| unreadable("its length or start value does not fit its cipher".to_owned()))?
}

/// `None` when lengths do not fit.
fn decrypt<C>(data: &[u8], password: &Secret, iv: &[u8]) -> Option<Result<Zeroizing<Vec<u8>>, Locked>>
where
    C: BlockCipherDecrypt + KeyInit,
{
    let key = stretch(password, iv, C::key_size())?;
    let mut cipher = Decryptor::<C>::new_from_slices(&key, iv).ok()?;
    let size = C::block_size();
    if data.is_empty() || !data.len().is_multiple_of(size) {
        return None;
    }
    let mut plain = Zeroizing::new(data.to_vec());
    for block in plain.chunks_exact_mut(size) {
        let block: &mut Block<C> = block.try_into().ok()?;
        cipher.decrypt_block(block);
    }
    Some(without_padding(plain, size))
}

/// `EVP_BytesToKey` with MD5 and one pass: digests of digest, passphrase and salt, one after the other.
fn stretch(password: &Secret, iv: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let salt = iv.get(..SALT)?;
    let mut key = Zeroizing::new(Vec::with_capacity(length + MD5_LENGTH));
    while key.len() < length {
        let last = key.len().saturating_sub(MD5_LENGTH);
        let mut digest = Md5::new();
        digest.update(key.get(last..)?);
        digest.update(password.expose());
        digest.update(salt);
        key.extend_from_slice(&digest.finalize());
    }
    key.truncate(length);
    Some(key)
}

/// A wrong passphrase leaves wrong padding, or, now and then, right padding and no DER.
fn without_padding(mut plain: Zeroizing<Vec<u8>>, size: usize) -> Result<Zeroizing<Vec<u8>>, Locked> {
    let count = plain.last().map_or(0, |octet| usize::from(*octet));
    let Some(length) = plain.len().checked_sub(count) else {
        return Err(Locked::WrongPassword);
    };
    let is_padded = (1..=size).contains(&count)
        && plain
            .iter()
            .skip(length)
            .all(|octet| usize::from(*octet) == count);
    plain.truncate(length);
    if is_padded && is_der_sequence(&plain) {
        Ok(plain)
    } else {
        Err(Locked::WrongPassword)
    }
}

/// One SEQUENCE and nothing behind it.
fn is_der_sequence(data: &[u8]) -> bool {
    x509_parser::der_parser::der::parse_der_sequence(data).is_ok_and(|(rest, _)| rest.is_empty())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            let digits = str::from_utf8(pair).ok()?;
            // a sign would pass for a digit
            let plain = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
            plain.then(|| u8::from_str_radix(digits, 16).ok())?
        })
        .collect()
}

/// OpenSSL takes the first octets of the start value, however long that is.
const SALT: usize = 8;
const MD5_LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn odd_headers_and_data_do_no_harm(
            cipher in "(AES-128-CBC|AES-256-CBC|DES-EDE3-CBC|DES-CBC|.{0,9})",
            iv in "[,0-9A-Fa-fé+]{0,36}",
            data in proptest::collection::vec(any::<u8>(), 0..65),
        ) {
            let _ = open(&format!("{cipher},{iv}"), &data, &Secret::new("x"));
        }
    }
}
