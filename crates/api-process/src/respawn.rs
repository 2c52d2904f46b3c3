//! When a helper that ended is started again: a pure policy, no clock and no process.
//!
//! The first death after a stable run costs nothing: the helper comes back at once, as users of
//! ExaBGP expect. Each further death doubles the delay up to a ceiling, with jitter so that many
//! helpers broken by one cause don't come back in step. It never gives up, and nothing here can
//! take the daemon down, unlike the original, which stops after five deaths in a minute.

use std::time::{Duration, Instant};

/// The delays of a [`Backoff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Delay after the second death in a row (the first is answered at once).
    pub base: Duration,
    /// No delay is longer, jitter included.
    pub max: Duration,
    /// A run at least this long forgets the deaths before it.
    pub stable: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(500),
            max: Duration::from_mins(1),
            stable: Duration::from_secs(30),
        }
    }
}

/// Counts deaths in a row and says how long to wait.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: Policy,
    deaths: u32,
    started: Option<Instant>,
    random: u64,
}

impl Backoff {
    /// A helper that has not died yet. `seed` fixes its jitter.
    pub fn new(policy: Policy, seed: u64) -> Self {
        Self { policy, deaths: 0, started: None, random: seed }
    }

    /// The process runs since `now`.
    pub fn started(&mut self, now: Instant) {
        self.started = Some(now);
    }

    /// It ended, or could not be started, at `now`: the delay before the next attempt.
    pub fn died(&mut self, now: Instant) -> Duration {
        let ran = self.started.take().map(|at| now.saturating_duration_since(at));
        if ran.is_some_and(|ran| ran >= self.policy.stable) {
            self.deaths = 0;
        }
        self.deaths = self.deaths.saturating_add(1);
        if self.deaths == 1 {
            return Duration::ZERO;
        }
        let doubled = 1_u32.checked_shl(self.deaths.saturating_sub(2)).unwrap_or(u32::MAX);
        let plain = self.policy.base.saturating_mul(doubled).min(self.policy.max);
        self.jittered(plain)
    }

    /// An operator asked for the helper: what it did before does not count.
    pub fn reset(&mut self) {
        self.deaths = 0;
        self.started = None;
    }

    /// `plain` within a quarter of itself either way, never beyond the ceiling.
    fn jittered(&mut self, plain: Duration) -> Duration {
        let thousandths = 750_u32.saturating_add(u32::try_from(self.next() % 501).unwrap_or(0));
        plain.saturating_mul(thousandths).checked_div(1000).unwrap_or(plain).min(self.policy.max)
    }

    /// splitmix64: any seed will do, zero included.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "any instant will do as an origin")]
    fn origin() -> Instant {
        Instant::now()
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn first_death_is_answered_at_once_then_delays_double_to_the_ceiling() {
        let now = origin();
        let mut backoff = Backoff::new(Policy::default(), 7);
        let delays: Vec<_> = (0..40)
            .map(|_| {
                backoff.started(now);
                backoff.died(now)
            })
            .collect();
        assert_eq!(delays[0], Duration::ZERO);
        for (n, delay) in delays.iter().enumerate().skip(1) {
            let plain = Duration::from_millis(500).saturating_mul(1 << (n - 1).min(20)).min(seconds(60));
            assert!(*delay >= plain * 3 / 4, "death {n}: {delay:?}");
            assert!(*delay <= (plain * 5 / 4).min(seconds(60)), "death {n}: {delay:?}");
        }
        assert!(delays[39] >= seconds(45));
    }

    #[test]
    fn a_stable_run_forgets() {
        let now = origin();
        let mut backoff = Backoff::new(Policy::default(), 7);
        for _ in 0..5 {
            backoff.started(now);
            backoff.died(now);
        }
        backoff.started(now);
        assert_ne!(backoff.died(now + seconds(29)), Duration::ZERO);
        backoff.started(now);
        assert_eq!(backoff.died(now + seconds(30)), Duration::ZERO);
        backoff.started(now);
        assert_ne!(backoff.died(now), Duration::ZERO);
        backoff.reset();
        assert_eq!(backoff.died(now), Duration::ZERO);
    }

    #[test]
    fn time_before_a_failed_start_is_no_run() {
        let now = origin();
        let mut backoff = Backoff::new(Policy::default(), 7);
        backoff.died(now);
        assert_ne!(backoff.died(now + seconds(3600)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn any_history_is_bounded(
            seed: u64,
            runs in proptest::collection::vec((0_u64..200_000, any::<bool>()), 1..200),
        ) {
            let policy = Policy::default();
            let mut now = origin();
            let mut backoff = Backoff::new(policy, seed);
            for (millis, starts) in runs {
                if starts {
                    backoff.started(now);
                }
                now += Duration::from_millis(millis);
                let delay = backoff.died(now);
                prop_assert!(delay <= policy.max);
                now += delay;
            }
        }

        #[test]
        fn same_seed_same_delays(seed: u64) {
            let now = origin();
            let mut a = Backoff::new(Policy::default(), seed);
            let mut b = Backoff::new(Policy::default(), seed);
            for _ in 0..20 {
                prop_assert_eq!(a.died(now), b.died(now));
            }
        }
    }
}
