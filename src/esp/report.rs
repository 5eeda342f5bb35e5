//! What became of a round of datagrams.

use std::ops::AddAssign;

/// Why a datagram was dropped. The label is the name of its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DropReason {
    /// Not even one block of ciphertext.
    #[error("short")]
    Short,
    /// Ciphertext that is not a whole number of blocks.
    #[error("misaligned")]
    Misaligned,
    /// Neither our current nor our previous SPI.
    #[error("unknown-spi")]
    UnknownSpi,
    /// Our previous SPI, past its grace.
    #[error("old-spi-expired")]
    OldSpiExpired,
    /// The integrity check value is wrong.
    #[error("bad-icv")]
    BadIcv,
    /// The number was accepted before.
    #[error("replayed")]
    Replayed,
    /// The number lies behind the replay window.
    #[error("too-old")]
    TooOld,
    /// Neither IPv4 nor compressed IPv4.
    #[error("next-header")]
    NextHeader,
    /// Authentic, but the padding is wrong.
    #[error("padding")]
    Padding,
    /// The payload does not decompress.
    #[error("lzo")]
    Lzo,
    /// Too many large decompressed packets in one round.
    #[error("no-room")]
    NoRoom,
    /// The payload is no IPv4 packet, or only a part of one.
    #[error("inner-packet")]
    InnerPacket,
}

impl DropReason {
    /// All reasons, in the order of their counters.
    pub const ALL: [Self; 12] = [
        Self::Short,
        Self::Misaligned,
        Self::UnknownSpi,
        Self::OldSpiExpired,
        Self::BadIcv,
        Self::Replayed,
        Self::TooOld,
        Self::NextHeader,
        Self::Padding,
        Self::Lzo,
        Self::NoRoom,
        Self::InnerPacket,
    ];
}

/// How many datagrams were dropped for each reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DropCounts([u64; DropReason::ALL.len()]);

impl DropCounts {
    /// Datagrams dropped for `reason`.
    pub fn count(&self, reason: DropReason) -> u64 {
        self.0[reason as usize]
    }

    /// Datagrams dropped for any reason.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The reasons that occurred, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> {
        DropReason::ALL
            .into_iter()
            .zip(self.0)
            .filter(|(_, count)| *count > 0)
    }

    pub(super) fn add(&mut self, reason: DropReason) {
        self.0[reason as usize] += 1;
    }
}

impl AddAssign for DropCounts {
    fn add_assign(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

/// What one call of [`Esp::open`](super::Esp::open) found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Datagrams that are authentic, fresh and well padded: each shows that the gateway is alive
    /// (`juniper-nc.md §13.5` step 7).
    pub valid: usize,
    /// Probe answers among them.
    pub probes: usize,
    /// Inner packets delivered.
    pub packets: usize,
    /// Octets of inner packets delivered.
    pub bytes: u64,
    /// Datagrams dropped.
    pub drops: DropCounts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_counter_and_label() {
        let mut counts = DropCounts::default();
        for (index, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
            counts.add(reason);
        }
        counts += counts;
        assert_eq!(counts.total(), 24);
        assert!(
            counts
                .iter()
                .all(|(reason, count)| count == 2 && counts.count(reason) == 2)
        );
        let labels: std::collections::HashSet<_> = DropReason::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(labels.len(), DropReason::ALL.len());
    }
}
