//! Wire formats: views over octets and plain values. No state, no I/O, no clock.
//!
//! Everything a peer sends is read through [`Reader`], which cannot run past its end.

pub mod esp;
pub mod http_head;
pub mod ip;
pub mod kmp;
pub mod record;
pub mod tlv;
#[cfg(test)]
pub(crate) mod vectors;

/// A length or count in a message points past its end, or a fixed field has the wrong value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed {what}")]
pub struct Malformed {
    /// What was being read, in the words of the protocol notes.
    pub what: &'static str,
}

/// A cursor that cannot run past its end.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`; `what` names them in errors.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// True when everything was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Octets not yet read.
    pub fn len(&self) -> usize {
        self.rest.len()
    }

    /// The next `len` octets.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(Malformed { what: self.what })?;
        self.rest = rest;
        Ok(head)
    }

    /// The next `N` octets as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(Malformed { what: self.what })?;
        self.rest = rest;
        Ok(*head)
    }

    /// The next two octets, most significant first.
    pub fn be16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next four octets, most significant first.
    pub fn be32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    /// A reader over the next `len` octets.
    pub fn sub(&mut self, len: usize, what: &'static str) -> Result<Self, Malformed> {
        Ok(Self::new(self.take(len)?, what))
    }
}
