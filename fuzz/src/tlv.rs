//! Attribute groups of the configuration and key messages.

use bytes::BytesMut;
use vpnc_cli::wire::tlv::{attributes, write_attribute, write_group};

/// Reads all attributes and checks that each lies within the input, and that they survive being written again.
pub fn run(data: &[u8]) {
    let mut out = BytesMut::new();
    let mut good = Vec::new();
    let mut items = attributes(data);
    for item in &mut items {
        let Ok(attribute) = item else { break };
        assert!(data.as_ptr_range().contains(&attribute.value.as_ptr()) || attribute.value.is_empty());
        assert_eq!(attribute.id(), (attribute.group, attribute.number));
        assert_eq!(
            attribute.array().map(u32::from_be_bytes).is_some(),
            attribute.value.len() == 4
        );
        good.push(attribute);
        write_group(&mut out, attribute.group, |out| {
            write_attribute(out, attribute.number, attribute.value)
        });
    }
    assert!(items.next().is_none());
    let again: Vec<_> = attributes(&out).collect::<Result<_, _>>().expect("written by us");
    assert_eq!(again, good);
}
