//! The clock that all processes of one machine share.

use nix::time::{ClockId, clock_gettime};

/// CLOCK_MONOTONIC in nanoseconds. Zero if the system has no such clock, which Linux always has.
pub fn now() -> u64 {
    let nanoseconds = |t: nix::sys::time::TimeSpec| t.tv_sec().saturating_mul(1_000_000_000) + t.tv_nsec();
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |t| u64::try_from(nanoseconds(t)).unwrap_or_default())
}

/// Microseconds in 32 bits, as a MED carries them: they wrap after 71 minutes, so only differences mean something.
pub fn stamp(nanoseconds: u64) -> u32 {
    u32::try_from(nanoseconds / 1000 % (1 << 32)).unwrap_or_default()
}

/// The time between two stamps in nanoseconds, at a resolution of a microsecond. A negative difference is zero.
pub fn between(earlier: u32, later: u32) -> u64 {
    let passed = later.wrapping_sub(earlier);
    if passed > u32::MAX / 2 { 0 } else { u64::from(passed) * 1000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_wrap() {
        assert_eq!(between(stamp(5_000), stamp(12_000)), 7_000);
        assert_eq!(between(u32::MAX, 4), 5_000);
        assert_eq!(between(9, 4), 0);
        assert!(now() > 0);
    }
}
