//! Attribute groups, the payload of the KMP messages 301 to 303 (`juniper-nc.md §10`).
//!
//! Group: 16-bit number, 32-bit length, attributes. Attribute: 16-bit number, 32-bit length, value. All big-endian.

use bytes::{BufMut, BytesMut};

use super::{Malformed, Reader};

/// One attribute with the group it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Group number.
    pub group: u16,
    /// Attribute number within the group.
    pub number: u16,
    /// Its value.
    pub value: &'a [u8],
}

impl Attribute<'_> {
    /// Group and number as written in the protocol notes: `8/1` is `(8, 1)`.
    pub fn id(&self) -> (u16, u16) {
        (self.group, self.number)
    }

    /// The value as `N` octets; `None` when it has another length.
    pub fn array<const N: usize>(&self) -> Option<[u8; N]> {
        self.value.try_into().ok()
    }
}

/// Goes through all attributes of `payload`. After an error the iteration ends.
pub fn attributes(payload: &[u8]) -> Attributes<'_> {
    Attributes {
        groups: Reader::new(payload, "attribute group"),
        number: 0,
        group: Reader::new(&[], "attribute"),
        failed: false,
    }
}

/// Iterator over the attributes of a message.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    groups: Reader<'a>,
    number: u16,
    group: Reader<'a>,
    failed: bool,
}

impl<'a> Attributes<'a> {
    fn read(&mut self) -> Result<Option<Attribute<'a>>, Malformed> {
        while self.group.is_empty() {
            if self.groups.is_empty() {
                return Ok(None);
            }
            self.number = self.groups.be16()?;
            let len = length(&mut self.groups)?;
            self.group = self.groups.sub(len, "attribute")?;
        }
        let number = self.group.be16()?;
        let len = length(&mut self.group)?;
        Ok(Some(Attribute {
            group: self.number,
            number,
            value: self.group.take(len)?,
        }))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.read();
        self.failed = item.is_err();
        item.transpose()
    }
}

fn length(reader: &mut Reader<'_>) -> Result<usize, Malformed> {
    usize::try_from(reader.be32()?).map_err(|_| Malformed {
        what: "attribute length",
    })
}

/// Appends one group made by `attributes`.
pub fn write_group(out: &mut BytesMut, number: u16, attributes: impl FnOnce(&mut BytesMut)) {
    out.put_u16(number);
    out.put_u32(0);
    let start = out.len();
    attributes(out);
    let len = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out[start - 4..start].copy_from_slice(&len.to_be_bytes());
}

/// Appends one attribute. Values are a few octets long; their length fits.
pub fn write_attribute(out: &mut BytesMut, number: u16, value: &[u8]) {
    out.put_u16(number);
    out.put_u32(u32::try_from(value.len()).unwrap_or(u32::MAX));
    out.put_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_repeat_and_may_be_empty() {
        let mut payload = BytesMut::new();
        write_group(&mut payload, 2, |out| write_attribute(out, 1, &[10, 0, 0, 1]));
        write_group(&mut payload, 9, |_| {});
        write_group(&mut payload, 2, |out| {
            write_attribute(out, 1, &[10, 0, 0, 2]);
            write_attribute(out, 2, b"a.example");
        });
        let ids: Vec<_> = attributes(&payload)
            .map(|item| item.map(|found| found.id()))
            .collect();
        assert_eq!(ids, [Ok((2, 1)), Ok((2, 1)), Ok((2, 2))]);
    }

    #[test]
    fn lengths_past_the_end_are_refused_once() {
        // a group that claims 255 octets, and an attribute that claims more than its group (R65)
        let long_group = [0, 1, 0, 0, 0, 255, 0];
        let long_attribute = [0, 1, 0, 0, 0, 7, 0, 1, 0, 0, 0, 2, 9];
        for payload in [long_group.as_slice(), &long_attribute] {
            let items: Vec<_> = attributes(payload).collect();
            assert_eq!(items.len(), 1);
            assert!(items[0].is_err());
        }
    }

    #[test]
    fn every_cut_of_a_message_is_an_error_or_a_shorter_list() {
        let mut payload = BytesMut::new();
        write_group(&mut payload, 1, |out| write_attribute(out, 1, &[10, 66, 7, 8]));
        for end in 1..payload.len() {
            assert!(
                attributes(&payload[..end]).any(|item| item.is_err()),
                "cut at {end}"
            );
        }
    }
}
