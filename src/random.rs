//! Where random octets come from: handed in, so that the pure floors can be driven by a seed in tests.

/// A cryptographically secure generator in the program, a seeded one in tests.
pub trait RandomSource {
    /// Fills `out` with random octets.
    fn fill(&mut self, out: &mut [u8]);
}
