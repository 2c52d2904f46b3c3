//! How long to wait before connecting again.

use std::time::Duration;

use crate::random::Random;

/// The longest wait in seconds.
const MAX: u32 = 60;

/// A wait that grows with each failure: 0, 1, 2, 3, 4, 5, 7, 9, 11, 14 ... 57, 60, 60 seconds, each shortened by a
/// random part of up to a quarter (RFC 4271 section 10), so that many peers do not come back at the same moment.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    next: u32,
    random: Random,
}

impl Backoff {
    /// The first wait is none; `seed` decides the jitter.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { next: 0, random: Random::new(seed) }
    }

    /// Something went well, or someone ordered a new beginning.
    pub(crate) const fn reset(&mut self) {
        self.next = 0;
    }

    /// The wait after one more failure.
    pub(crate) fn wait(&mut self) -> Duration {
        let seconds = self.next;
        self.next = seconds.saturating_mul(6).saturating_div(5).saturating_add(1).min(MAX);
        // 0.75 to 1.0 in steps of 1/1024 of a quarter.
        let part = u32::try_from(self.random.next() >> 54).unwrap_or(0);
        let milliseconds = seconds.saturating_mul(1000);
        let off = milliseconds.saturating_div(4).saturating_mul(part) >> 10;
        Duration::from_millis(milliseconds.saturating_sub(off).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: [u64; 20] = [0, 1, 2, 3, 4, 5, 7, 9, 11, 14, 17, 21, 26, 32, 39, 47, 57, 60, 60, 60];

    #[test]
    fn waits_grow_to_a_minute_with_a_quarter_of_jitter() {
        for seed in 0..50 {
            let mut backoff = Backoff::new(seed);
            for seconds in SECONDS {
                let wait = backoff.wait();
                assert!(wait <= Duration::from_secs(seconds), "{wait:?} after {seconds}");
                assert!(wait >= Duration::from_millis(seconds * 750), "{wait:?} after {seconds}");
            }
            backoff.reset();
            assert_eq!(backoff.wait(), Duration::ZERO);
        }
    }

    #[test]
    fn seeds_part_ways() {
        let waits = |seed| {
            let mut backoff = Backoff::new(seed);
            SECONDS.map(|_| backoff.wait())
        };
        assert_ne!(waits(1), waits(2));
        assert_eq!(waits(3), waits(3));
    }
}
