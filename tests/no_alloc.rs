//! Sealing and opening must not allocate once the arenas are there.

// A counting allocator cannot be written without.
#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use vpnc_cli::esp::{Cipher, Esp, EspKeys, KEY_BLOCK_LEN, Mac, SaKeys};
use vpnc_cli::packet::{Batch, MAX_PACKETS, Received};
use vpnc_cli::random::RandomSource;

#[test]
fn steady_state_does_not_allocate() {
    for mac in [Mac::Md5, Mac::Sha1, Mac::Sha256] {
        for cipher in [Cipher::Aes128Cbc, Cipher::Aes256Cbc] {
            let mut esp = Esp::new(&keys(cipher, mac), Box::new(Zeros));
            let (mut batch, mut received) = (Batch::new(1500), Received::new(2048));
            let first = allocations_in(|| round(&mut esp, &mut batch, &mut received));
            let later = allocations_in(|| (0..10).for_each(|_| round(&mut esp, &mut batch, &mut received)));
            assert_eq!((first, later), (0, 0), "{cipher:?} {mac:?}");
        }
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations_in(|| drop(std::hint::black_box(Box::new(1)))), 1);
}

/// Seals a full batch, receives it back, opens it, with a bad datagram among the good ones.
fn round(esp: &mut Esp, batch: &mut Batch, received: &mut Received) {
    let mut packet = [0; 1400];
    packet[..4].copy_from_slice(&[0x45, 0, 0x05, 0x78]);
    batch.reset(esp.room());
    while batch.push(&packet) {}
    assert_eq!(esp.seal(batch), MAX_PACKETS);
    received.clear();
    for datagram in batch.datagrams() {
        received.vacant().expect("room for a whole batch")[..datagram.len()].copy_from_slice(datagram);
        received.commit(datagram.len());
    }
    received.datagram_mut(7)[100] ^= 1;
    let report = esp.open(received);
    assert_eq!((report.packets, report.drops.total()), (MAX_PACKETS - 1, 1));
    assert_eq!(
        received.packets().map(<[u8]>::len).sum::<usize>(),
        1400 * (MAX_PACKETS - 1)
    );
}

fn keys(cipher: Cipher, mac: Mac) -> EspKeys {
    let direction = SaKeys {
        spi: *b"spi!",
        block: [7; KEY_BLOCK_LEN].into(),
    };
    EspKeys {
        cipher,
        mac,
        inbound: direction.clone(),
        outbound: direction,
        replay_protection: true,
    }
}

struct Zeros;

impl RandomSource for Zeros {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(0);
    }
}

/// Allocations of this thread while `work` runs.
fn allocations_in(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; the counter is a plain thread-local number that needs
// no allocation itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory came from `System.alloc` above, with this layout.
        unsafe { System.dealloc(memory, layout) }
    }
}
