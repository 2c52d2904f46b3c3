//! The wall clock, read in one place.

use std::time::SystemTime;

/// Seconds since 1970, for the time member of events.
pub(crate) fn seconds() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}
