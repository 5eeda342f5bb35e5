//! The host checker of the gateway (`juniper-nc.md §5`): its messages and what is answered to them.

use std::collections::BTreeMap;

/// What is claimed about the policies a gateway asks for. A claim of compliance is the user's choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Claims {
    /// Nothing but what is known to be true: no policy is met.
    #[default]
    Report,
    /// All policies are met.
    Accept,
    /// Per policy by its name; others are not met.
    Listed(BTreeMap<String, bool>),
}
