//! The wall clock, read in one place.

use std::time::{Duration, SystemTime};

/// Seconds since 1970, for the time member of events.
pub(crate) fn seconds() -> f64 {
    since_1970().as_secs_f64()
}

/// Time since 1970.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
