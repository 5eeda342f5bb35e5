//! The system's random generator for the pure floors.

use ring::rand::{SecureRandom, SystemRandom};

use crate::random::RandomSource;

/// Random octets from the kernel.
#[derive(Debug)]
pub struct KernelRandom(SystemRandom);

impl Default for KernelRandom {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl RandomSource for KernelRandom {
    fn fill(&mut self, out: &mut [u8]) {
        // getrandom cannot fail once the kernel has seeded its pool, which was before any program started; going on
        // with predictable keys would be worse than stopping
        self.0.fill(out).expect("the kernel gives random octets");
    }
}
