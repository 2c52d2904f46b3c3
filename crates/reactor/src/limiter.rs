//! A bound on how much of the log one helper's mistakes may fill.

use std::time::{Duration, Instant};

/// Messages let through in each period.
const BURST: u32 = 10;

/// Length of a period.
const PERIOD: Duration = Duration::from_secs(1);

/// Lets the first messages of each period through and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    since: Option<Instant>,
    passed: u32,
    dropped: u64,
}

/// What is to be done with one message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Log it; before it, if not 0, that so many were dropped.
    Pass { dropped: u64 },
    /// Say nothing.
    Drop,
}

impl Limiter {
    /// Asks about one message at `now`.
    pub(crate) fn ask(&mut self, now: Instant) -> Verdict {
        let fresh = self.since.is_none_or(|since| now.saturating_duration_since(since) >= PERIOD);
        if fresh {
            self.since = Some(now);
            self.passed = 0;
        }
        if self.passed < BURST {
            self.passed = self.passed.saturating_add(1);
            return Verdict::Pass { dropped: std::mem::take(&mut self.dropped) };
        }
        self.dropped = self.dropped.saturating_add(1);
        Verdict::Drop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_not_written() {
        let mut limiter = Limiter::default();
        let start = Instant::now();
        let passed = (0..1000).filter(|_| limiter.ask(start) != Verdict::Drop).count();
        assert_eq!(passed, 10);
        assert_eq!(limiter.ask(start + PERIOD), Verdict::Pass { dropped: 990 });
    }
}
