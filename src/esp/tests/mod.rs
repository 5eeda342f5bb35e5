//! Vectors of `juniper-nc.md §21.7` and §21.8, and the regressions R74, R79–R81 and R85–R89 of §22.5.

use proptest::prelude::*;

use fixtures::*;

use super::*;
use crate::wire::vectors::unhex;

mod fixtures;

#[test]
fn sealing_reproduces_the_vectors() {
    let (mut esp, mut batch) = (client(aes128_sha1(), IV_A), Batch::new(1500));
    assert_eq!(esp.probe(&mut batch, 1), 1);
    assert_eq!(sent(&batch), [unhex(T7_PROBE)]);
    esp.random = Box::new(FixedIv(IV_B));
    assert_eq!(seal(&mut esp, &mut batch, &[unhex(P1)]), 1);
    assert_eq!(sent(&batch), [unhex(T8_AES128_SHA1)]);
}

#[test]
fn sealing_reproduces_the_vectors_of_the_other_suites() {
    for (keys, number, datagram) in [
        (aes256(Mac::Md5, &MD5_KEY), 0x102, T10_AES256_MD5),
        (aes256(Mac::Sha256, &SHA256_KEY), 0xffff_fffe, T11_AES256_SHA256),
    ] {
        let (mut esp, mut batch) = (client(keys, IV_A), Batch::new(1500));
        esp.outbound.skip_to(number);
        assert_eq!(seal(&mut esp, &mut batch, &[unhex(P1)]), 1);
        assert_eq!(sent(&batch), [unhex(datagram)]);
    }
}

#[test]
fn opening_gives_the_plain_packets_of_the_vectors() {
    let mut esp = client(aes128_sha1(), IV_A);
    let (report, packets) = open(&mut esp, &[unhex(T9_INBOUND), unhex(T12_LZO)]);
    assert_eq!(packets, [unhex(P2), unhex(LZO_PLAIN)]);
    assert_eq!((report.valid, report.packets, report.bytes), (2, 2, 32 + 196));
    for (keys, datagram) in [
        (aes128_sha1(), T8_AES128_SHA1),
        (aes256(Mac::Md5, &MD5_KEY), T10_AES256_MD5),
        (aes256(Mac::Sha256, &SHA256_KEY), T11_AES256_SHA256),
    ] {
        let (report, packets) = open(&mut gateway(&keys), &[unhex(datagram)]);
        assert_eq!((report.valid, packets), (1, vec![unhex(P1)]));
    }
}

#[test]
fn a_probe_answer_is_counted_and_not_delivered() {
    let (report, packets) = open(&mut gateway(&aes128_sha1()), &[unhex(T7_PROBE)]);
    assert_eq!((report.valid, report.probes, report.packets), (1, 1, 0));
    assert!(packets.is_empty());
}

#[test]
fn lzo_vector_decompresses() {
    let mut room = [0; 300];
    let len = lzo::decompress(&unhex(LZO_STREAM), &mut room).expect("valid stream");
    assert_eq!(&room[..len], unhex(LZO_PLAIN));
}

/// R74, R79, R80: number zero is good, and plain and compressed packets mix.
#[test]
fn next_headers_mix_packet_by_packet() {
    let mut pair = Pair::new(aes128_sha1());
    let plain = pair.forge(&unhex(P2), 4);
    let (squeezed, probe) = (pair.forge(&unhex(LZO_STREAM), 5), pair.forge(&[0], 4));
    let again = pair.forge(&unhex(P3), 4);
    let (report, packets) = open(&mut pair.client, &[plain, squeezed, probe, again]);
    assert_eq!(packets, [unhex(P2), unhex(LZO_PLAIN), unhex(P3)]);
    assert_eq!((report.valid, report.probes, report.packets), (4, 1, 3));
    assert_eq!(report.drops.total(), 0);
}

/// R81, R86: both SPIs work inside the grace window, then only the new one.
#[test]
fn old_association_accepts_late_packets_within_its_grace() {
    let mut pair = Pair::new(aes128_sha1());
    let first = pair.forge(&unhex(P2), 4);
    open(&mut pair.client, &[first]);
    pair.rekey(0x51);
    // limit = next of the old (1) + 32; the new one has received nothing
    let late = |pair: &mut Pair, number| {
        let datagram = pair.forge_old(number, &unhex(P3));
        outcome(&mut pair.client, &datagram)
    };
    assert_eq!(late(&mut pair, 32), Ok(unhex(P3)));
    assert_eq!(late(&mut pair, 33), Err(DropReason::OldSpiExpired));
    assert_eq!(late(&mut pair, 0), Err(DropReason::Replayed));
    for _ in 0..10 {
        let datagram = pair.forge(&unhex(P2), 4);
        assert_eq!(outcome(&mut pair.client, &datagram), Ok(unhex(P2)));
    }
    assert_eq!(late(&mut pair, 23), Err(DropReason::OldSpiExpired));
    assert_eq!(late(&mut pair, 22), Ok(unhex(P3)));
}

#[test]
fn grace_shrinks_within_one_round() {
    let mut pair = Pair::new(aes128_sha1());
    pair.rekey(0x51);
    let (new, old) = (pair.forge(&unhex(P2), 4), pair.forge_old(31, &unhex(P3)));
    let (report, packets) = open(&mut pair.client, &[new, old]);
    assert_eq!(packets, [unhex(P2)]);
    assert_eq!(report.drops.count(DropReason::OldSpiExpired), 1);
}

/// R85: two rekeys in quick succession.
#[test]
fn only_the_last_previous_spi_is_kept() {
    let mut pair = Pair::new(aes128_sha1());
    let oldest = pair.forge(&unhex(P2), 4);
    pair.rekey(0x51);
    let old = pair.forge(&unhex(P2), 4);
    pair.rekey(0x52);
    let new = pair.forge(&unhex(P2), 4);
    assert_eq!(outcome(&mut pair.client, &oldest), Err(DropReason::UnknownSpi));
    assert_eq!(outcome(&mut pair.client, &old), Ok(unhex(P2)));
    assert_eq!(outcome(&mut pair.client, &new), Ok(unhex(P2)));
}

#[test]
fn a_rekey_may_change_the_algorithms() {
    let mut pair = Pair::new(aes128_sha1());
    let old = pair.forge(&unhex(P2), 4);
    let mut keys = aes256(Mac::Sha256, &SHA256_KEY);
    keys.inbound.spi = [0x51; 4];
    pair.rekey_to(keys);
    let new = pair.forge(&unhex(P3), 4);
    assert_eq!(pair.client.room(), Room { icv: 16 });
    let (_, packets) = open(&mut pair.client, &[new, old]);
    assert_eq!(packets, [unhex(P3), unhex(P2)]);
}

/// R87: with protection once, without it twice.
#[test]
fn replays_are_dropped_only_with_protection() {
    for (protection, copies) in [(true, 1), (false, 3)] {
        let mut pair = Pair::new(EspKeys {
            replay_protection: protection,
            ..aes128_sha1()
        });
        let datagram = pair.forge(&unhex(P2), 4);
        let (report, packets) = open(&mut pair.client, &[datagram.clone(), datagram.clone(), datagram]);
        assert_eq!((report.valid, packets.len()), (copies, copies));
        assert_eq!(report.drops.count(DropReason::Replayed), 3 - copies as u64);
        assert_eq!(pair.client.current.next(), 1);
    }
}

#[test]
fn numbers_behind_the_window_are_too_old() {
    let mut pair = Pair::new(aes128_sha1());
    let old = pair.forge(&unhex(P2), 4);
    pair.gateway.outbound.skip_to(100);
    let new = pair.forge(&unhex(P2), 4);
    assert_eq!(outcome(&mut pair.client, &new), Ok(unhex(P2)));
    assert_eq!(outcome(&mut pair.client, &old), Err(DropReason::TooOld));
}

/// R88: each rejection by name, and none changes the state.
#[test]
fn bad_datagrams_are_dropped_by_name_without_change() {
    let mut pair = Pair::new(aes128_sha1());
    let good = pair.forge(&unhex(P2), 4);
    let edited = |edit: fn(&mut Vec<u8>)| {
        let mut datagram = good.clone();
        edit(&mut datagram);
        datagram
    };
    let cases = [
        (vec![], DropReason::Short),
        (vec![0xff], DropReason::Short),
        (good[..39].to_vec(), DropReason::Short),
        (good[..51].to_vec(), DropReason::Short),
        (good[..83].to_vec(), DropReason::Misaligned),
        (edited(|datagram| datagram.push(0)), DropReason::Misaligned),
        (edited(|datagram| datagram[0] ^= 1), DropReason::UnknownSpi),
        (edited(|datagram| datagram[83] ^= 0x80), DropReason::BadIcv),
        (edited(|datagram| datagram[7] ^= 1), DropReason::BadIcv),
        (edited(|datagram| datagram[30] ^= 1), DropReason::BadIcv),
        (good[..68].to_vec(), DropReason::BadIcv),
        (pair.forge_body(&plaintext(13, 12, 0x29)), DropReason::NextHeader),
        (pair.forge_body(&plaintext(13, 14, 4)), DropReason::Padding),
        (pair.forge_body(&plaintext(13, 255, 4)), DropReason::Padding),
        (
            pair.forge_body(&[&[0x45; 8][..], &[1, 2, 3, 4, 5, 7], &[6, 4]].concat()),
            DropReason::Padding,
        ),
    ];
    for (datagram, reason) in cases {
        assert_eq!(
            outcome(&mut pair.client, &datagram),
            Err(reason),
            "{datagram:02x?}"
        );
        assert_eq!(pair.client.current.next(), 0, "{reason}");
    }
    assert_eq!(outcome(&mut pair.client, &good), Ok(unhex(P2)));
}

/// Such datagrams are valid (they show that the gateway lives) but have nothing to deliver.
#[test]
fn valid_datagrams_with_bad_payload_are_counted_as_both() {
    let mut pair = Pair::new(aes128_sha1());
    let mut ipv6 = unhex(P2);
    ipv6[0] = 0x60;
    let cases = [
        (ipv6, 4, DropReason::InnerPacket),
        (unhex(P2)[..31].to_vec(), 4, DropReason::InnerPacket),
        (vec![0, 0], 4, DropReason::InnerPacket),
        (unhex(P2), 5, DropReason::Lzo),
        (b"\x15abcd".to_vec(), 5, DropReason::Lzo),
        (b"\x15abcd\x11\0\0\xee".to_vec(), 5, DropReason::Lzo),
        (b"\x15abcd\x11\0\0".to_vec(), 5, DropReason::InnerPacket),
    ];
    for (payload, next_header, reason) in cases {
        let datagram = pair.forge(&payload, next_header);
        let (report, packets) = open(&mut pair.client, &[datagram]);
        assert_eq!(
            (report.valid, report.packets, packets.len()),
            (1, 0, 0),
            "{payload:02x?}"
        );
        assert_eq!(report.drops.iter().collect::<Vec<_>>(), [(reason, 1)]);
    }
}

/// R89
#[test]
fn octets_behind_the_ip_packet_are_cut() {
    let mut pair = Pair::new(aes128_sha1());
    let mut long = unhex(P2);
    long.extend([0xaa; 9]);
    let plain = pair.forge(&long, 4);
    // 41 literals
    let squeezed = [&[17 + 41], &long[..], &[0x11, 0, 0]].concat();
    let squeezed = pair.forge(&squeezed, 5);
    let (_, packets) = open(&mut pair.client, &[plain, squeezed]);
    assert_eq!(packets, [unhex(P2), unhex(P2)]);
}

#[test]
fn many_large_decompressed_packets_run_out_of_room_by_name() {
    let mut pair = Pair::new(aes128_sha1());
    // 20 literals that are an IPv4 header for 65 535 octets, then a match for the rest
    let mut header = unhex(P2)[..20].to_vec();
    header[2..4].copy_from_slice(&[0xff, 0xff]);
    let rest = 65_535 - 20 - 33;
    let bomb = [
        &[17 + 20],
        &header[..],
        &[0x20],
        &vec![0; rest / 255],
        &[(rest % 255) as u8, 0, 0, 0x11, 0, 0],
    ]
    .concat();
    let datagrams: Vec<_> = (0..8).map(|_| pair.forge(&bomb, 5)).collect();
    let (report, packets) = open(&mut pair.client, &datagrams);
    assert_eq!((report.valid, packets.len()), (8, 4));
    assert!(packets.iter().all(|packet| packet.len() == 65_535));
    assert_eq!(report.drops.count(DropReason::NoRoom), 4);
}

#[test]
fn numbers_go_on_and_ivs_are_drawn_once_for_a_batch() {
    struct Ascending(u8, usize);
    impl RandomSource for Ascending {
        fn fill(&mut self, out: &mut [u8]) {
            self.1 += 1;
            out.iter_mut()
                .zip(0..)
                .for_each(|(octet, index)| *octet = self.0 + index);
        }
    }
    let mut random = Ascending(7, 0);
    let mut outbound = OutboundSa::new(Cipher::Aes128Cbc, Mac::Sha1, &aes128_sha1().outbound);
    let mut batch = Batch::new(100);
    for first in [0, 3] {
        batch.clear();
        (0..3).for_each(|_| assert!(batch.push(&[1; 50])));
        assert_eq!(outbound.assign(&mut batch, &mut random), 3);
        for (index, datagram) in (0..).zip(batch.datagrams()) {
            assert_eq!(datagram[..4], SERVER_SPI);
            assert_eq!(datagram[4..8], [0, 0, 0, first + index]);
            assert_eq!(
                datagram[8..24],
                std::array::from_fn::<u8, 16, _>(|octet| 7 + 16 * index + octet as u8)
            );
        }
    }
    assert_eq!(random.1, 2);
    assert_eq!(outbound.remaining(), (1 << 32) - 6);
}

#[test]
fn packets_beyond_the_last_number_are_left_out() {
    let (mut esp, mut batch) = (client(aes128_sha1(), IV_A), Batch::new(1500));
    esp.outbound.skip_to(u32::MAX - 1);
    assert!(!esp.exhausted());
    assert_eq!(
        seal(
            &mut esp,
            &mut batch,
            &[unhex(P1), unhex(P1), unhex(P2), unhex(P3)]
        ),
        2
    );
    let numbers: Vec<_> = batch
        .datagrams()
        .map(|datagram| datagram[4..8].to_vec())
        .collect();
    assert_eq!(numbers, [[0xff, 0xff, 0xff, 0xfe], [0xff; 4]]);
    assert_eq!(batch.left_out().collect::<Vec<_>>(), [unhex(P2), unhex(P3)]);
    assert!(esp.exhausted());
    assert_eq!(esp.probe(&mut batch, 1), 0);
    esp.rekey(&aes128_sha1());
    assert!(!esp.exhausted());
}

#[test]
fn packets_laid_down_with_other_spacing_are_left_out() {
    let (mut esp, mut batch) = (client(aes128_sha1(), IV_A), Batch::new(1500));
    batch.reset(Room { icv: 16 });
    batch.push(&unhex(P1));
    assert_eq!(esp.seal(&mut batch), 0);
    assert_eq!(batch.datagrams().len(), 0);
    assert_eq!(batch.left_out().collect::<Vec<_>>(), [unhex(P1)]);
}

#[test]
fn every_length_survives_every_suite() {
    for keys in suites() {
        let mut pair = Pair::new(keys);
        let mut batch = Batch::new(1500);
        for first in (20..=1500).step_by(MAX_PACKETS) {
            let packets: Vec<_> = (first..=1500).take(MAX_PACKETS).map(ip_packet).collect();
            assert_eq!(seal(&mut pair.gateway, &mut batch, &packets), packets.len());
            let (report, opened) = open(&mut pair.client, &sent(&batch));
            assert_eq!(report.drops, DropCounts::default());
            assert_eq!(opened, packets);
        }
    }
}

/// Payloads too short to be IP packets are sealed and opened alike, they are only not delivered.
#[test]
fn short_payloads_survive_every_suite() {
    for keys in suites() {
        let mut pair = Pair::new(keys);
        for len in 1..20 {
            let datagram = pair.forge(&vec![0x45; len], 4);
            let (report, _) = open(&mut pair.client, &[datagram]);
            assert_eq!(
                (report.valid, report.drops.count(DropReason::InnerPacket)),
                (1, 1)
            );
        }
    }
}

proptest! {
    #[test]
    fn a_changed_bit_never_delivers(suite in 0usize..6, len in 20usize..200, position: prop::sample::Index, bit in 0u8..8) {
        let mut pair = Pair::new(suites().swap_remove(suite));
        let mut datagram = pair.forge(&ip_packet(len), 4);
        let position = position.index(datagram.len());
        datagram[position] ^= 1 << bit;
        let reason = if position < 4 { DropReason::UnknownSpi } else { DropReason::BadIcv };
        prop_assert_eq!(outcome(&mut pair.client, &datagram), Err(reason));
    }

    #[test]
    fn a_mixed_round_delivers_the_good_ones_in_order(kinds in prop::collection::vec(0u8..6, 1..=MAX_PACKETS)) {
        let mut pair = Pair::new(aes128_sha1());
        let (mut datagrams, mut expected) = (Vec::new(), Vec::new());
        for (index, kind) in kinds.iter().enumerate() {
            let packet = ip_packet(20 + 3 * index);
            let mut datagram = pair.forge(&packet, 4);
            match kind {
                0 => datagram[40] ^= 1,
                1 => datagram.truncate(10 * index % 50),
                2 => datagram = pair.forge(&[0], 4),
                3 => {
                    datagram = pair.forge(&unhex(LZO_STREAM), 5);
                    expected.push(unhex(LZO_PLAIN));
                }
                _ => expected.push(packet),
            }
            datagrams.push(datagram);
        }
        let probes = kinds.iter().filter(|kind| **kind == 2).count();
        let (report, packets) = open(&mut pair.client, &datagrams);
        prop_assert_eq!((report.packets, report.probes), (expected.len(), probes));
        prop_assert_eq!(report.valid + report.drops.total() as usize, kinds.len());
        prop_assert_eq!(packets, expected);
    }

    #[test]
    fn noise_is_never_valid(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 0..20)) {
        let mut esp = client(aes128_sha1(), IV_A);
        let addressed: Vec<_> = datagrams.iter().map(|noise| [&CLIENT_SPI[..], noise].concat()).collect();
        let (report, packets) = open(&mut esp, &addressed);
        prop_assert_eq!((report.valid, report.drops.total()), (0, addressed.len() as u64));
        prop_assert!(packets.is_empty());
    }
}
