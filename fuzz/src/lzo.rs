//! Decompression against a second decoder, written after the table in `juniper-nc.md §13.7` for clarity alone.

use std::cell::RefCell;

use vpnc_cli::esp::lzo::{LzoError, decompress};

/// Decompresses and compares; then checks the limits around the result.
pub fn run(data: &[u8]) {
    ROOM.with_borrow_mut(|room| {
        let result = decompress(data, room);
        assert_eq!(result.ok().map(|len| &room[..len]), model(data).as_deref());
        let Ok(len) = result else { return };
        assert_eq!(decompress(data, &mut room[..len]), Ok(len));
        if len > 0 {
            assert_eq!(decompress(data, &mut room[..len - 1]), Err(LzoError::TooLarge));
        }
        assert!(decompress(&data[..data.len() - 1], room).is_err());
        let longer = [data, &[0]].concat();
        assert_eq!(decompress(&longer, room), Err(LzoError::InputLeft));
    });
}

fn model(data: &[u8]) -> Option<Vec<u8>> {
    let mut model = Model {
        input: data,
        output: Vec::new(),
    };
    let mut after = After::Match;
    if let Some(first) = data.first().filter(|first| **first > 17) {
        model.octet()?;
        model.literals(usize::from(first - 17))?;
        after = After::literals(usize::from(first - 17));
    }
    loop {
        let x = model.octet()?;
        let (length, distance, tail) = match (x, after) {
            (64.., _) => {
                let next = model.octet()?;
                let distance = 1 + usize::from(x >> 2 & 7) + 8 * usize::from(next);
                (1 + usize::from(x >> 5), distance, x & 3)
            }
            (32..64, _) => {
                let length = 2 + model.length(x, 5)?;
                let v = model.le16()?;
                (length, 1 + usize::from(v >> 2), v as u8 & 3)
            }
            (16..32, _) => {
                let length = 2 + model.length(x, 3)?;
                let v = model.le16()?;
                let distance = if x & 8 == 0 { 16384 } else { 32768 } + usize::from(v >> 2);
                if distance == 16384 {
                    return (length == 3 && model.input.is_empty()).then_some(model.output);
                }
                (length, distance, v as u8 & 3)
            }
            (..16, After::Match) => {
                let length = 3 + model.length(x, 4)?;
                model.literals(length)?;
                after = After::Run;
                continue;
            }
            (..16, After::Tail) => (
                2,
                1 + usize::from(x >> 2) + 4 * usize::from(model.octet()?),
                x & 3,
            ),
            (..16, After::Run) => (
                3,
                2049 + usize::from(x >> 2) + 4 * usize::from(model.octet()?),
                x & 3,
            ),
        };
        model.repeat(length, distance)?;
        model.literals(usize::from(tail))?;
        after = After::literals(usize::from(tail));
    }
}

/// What the last step copied; it decides the meaning of the smallest instructions.
#[derive(Clone, Copy)]
enum After {
    /// A match without literals behind it, or nothing yet.
    Match,
    /// One to three literals.
    Tail,
    /// More of them.
    Run,
}

impl After {
    fn literals(count: usize) -> Self {
        match count {
            0 => Self::Match,
            1..=3 => Self::Tail,
            _ => Self::Run,
        }
    }
}

struct Model<'a> {
    input: &'a [u8],
    output: Vec<u8>,
}

impl Model<'_> {
    fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.input.split_first()?;
        self.input = rest;
        Some(*first)
    }

    fn le16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.octet()?, self.octet()?]))
    }

    fn length(&mut self, x: u8, bits: u32) -> Option<usize> {
        let mask = (1 << bits) - 1;
        let mut length = usize::from(x & mask);
        if length == 0 {
            length = usize::from(mask);
            loop {
                match self.octet()? {
                    0 => length += 255,
                    last => break length += usize::from(last),
                }
            }
        }
        Some(length)
    }

    fn literals(&mut self, count: usize) -> Option<()> {
        for _ in 0..count {
            let octet = self.octet()?;
            self.put(octet)?;
        }
        Some(())
    }

    fn repeat(&mut self, length: usize, distance: usize) -> Option<()> {
        for _ in 0..length {
            let from = self.output.len().checked_sub(distance)?;
            self.put(self.output[from])?;
        }
        Some(())
    }

    fn put(&mut self, octet: u8) -> Option<()> {
        self.output.push(octet);
        (self.output.len() <= LIMIT).then_some(())
    }
}

thread_local! {
    static ROOM: RefCell<Vec<u8>> = RefCell::new(vec![0; LIMIT]);
}

/// The room that `Received` gives to one packet.
const LIMIT: usize = 65_535;
