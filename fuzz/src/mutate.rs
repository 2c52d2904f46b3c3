//! Mutations from a fixed start: the same on every machine.

/// Marsaglia's xorshift, 64 bits.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// From any number.
    pub const fn new(start: u64) -> Self {
        Self(start | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`; 0 where `end` is.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap_or(0) % end.max(1)
    }
}

/// Octets that lie at the edge of something.
const EDGES: [u8; 12] = [0, 1, 2, 3, 4, 16, 32, 33, 0x7F, 0x80, 0xFE, 0xFF];

/// One of `seeds` with up to eight changes, pieces of the others among them.
pub fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(8) {
        let at = random.below(data.len() + 1);
        match random.below(8) {
            0 => data.truncate(at),
            1 => data.insert(at, EDGES[random.below(EDGES.len())]),
            2 if at < data.len() => drop(data.remove(at)),
            3 if at < data.len() => data[at] = EDGES[random.below(EDGES.len())],
            4 if at < data.len() => data[at] ^= 1 << random.below(8),
            5 if at < data.len() => data[at] = data[at].wrapping_add(1),
            6 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                let to = from + random.below(other.len() - from + 1);
                data.splice(at..at, other[from..to].iter().copied());
            }
            _ if at < data.len() => {
                let to = at + random.below(data.len() - at + 1).min(64);
                let piece = data[at..to].to_vec();
                data.splice(at..at, piece);
            }
            _ => {}
        }
    }
    data
}
