//! Timers as an array of deadlines: to restart one is to store an instant.

use std::time::Instant;

use crate::io::Leg;

/// A timer of one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LegTimer {
    /// The TCP connection has to be up.
    Connect,
    /// The peer has to have said something (RFC 4271 HoldTimer; before its OPEN with the large value).
    Hold,
    /// We have to say something (RFC 4271 KeepaliveTimer).
    Keepalive,
    /// The peer has to have read something (RFC 9687 SendHoldTimer).
    SendHold,
}

/// Every timer of a peer. The order is that of expiry when several are due: what is sent on time comes before what ends
/// a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    /// One of the connections'.
    Leg(LegTimer, Leg),
    /// Connect again.
    Retry,
}

const COUNT: usize = 9;

impl Timer {
    const ALL: [Self; COUNT] = [
        Self::Leg(LegTimer::Keepalive, Leg::Outgoing),
        Self::Leg(LegTimer::Keepalive, Leg::Incoming),
        Self::Leg(LegTimer::Connect, Leg::Outgoing),
        Self::Leg(LegTimer::Connect, Leg::Incoming),
        Self::Leg(LegTimer::SendHold, Leg::Outgoing),
        Self::Leg(LegTimer::SendHold, Leg::Incoming),
        Self::Leg(LegTimer::Hold, Leg::Outgoing),
        Self::Leg(LegTimer::Hold, Leg::Incoming),
        Self::Retry,
    ];
}

/// The deadlines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers([Option<Instant>; COUNT]);

impl Timers {
    /// Starts or restarts a timer; `None` stops it.
    pub(crate) fn set(&mut self, timer: Timer, at: Option<Instant>) {
        if let Some(slot) = self.slot(timer) {
            *slot = at;
        }
    }

    /// When the timer expires, if it runs.
    pub(crate) fn get(&self, timer: Timer) -> Option<Instant> {
        Timer::ALL.iter().zip(&self.0).find(|(t, _)| **t == timer).and_then(|(_, at)| *at)
    }

    /// Stops every timer of a connection.
    pub(crate) fn clear_leg(&mut self, leg: Leg) {
        for (timer, at) in Timer::ALL.iter().zip(&mut self.0) {
            if matches!(timer, Timer::Leg(_, l) if *l == leg) {
                *at = None;
            }
        }
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// A timer that is due.
    pub(crate) fn due(&self, now: Instant) -> Option<Timer> {
        let mut running = Timer::ALL.iter().zip(&self.0);
        running.find(|(_, at)| at.is_some_and(|at| at <= now)).map(|(timer, _)| *timer)
    }

    fn slot(&mut self, timer: Timer) -> Option<&mut Option<Instant>> {
        Timer::ALL.iter().zip(&mut self.0).find(|(t, _)| **t == timer).map(|(_, at)| at)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "some instant is needed to count from")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_next_deadline_is_the_earliest_and_stopped_timers_do_not_count() {
        let start = Instant::now();
        let at = |s| Some(start + Duration::from_secs(s));
        let hold = Timer::Leg(LegTimer::Hold, Leg::Outgoing);
        let mut timers = Timers::default();
        assert_eq!(timers.next(), None);
        timers.set(hold, at(90));
        timers.set(Timer::Leg(LegTimer::Keepalive, Leg::Incoming), at(30));
        timers.set(Timer::Retry, at(5));
        assert_eq!(timers.next(), at(5));
        assert_eq!(timers.due(start), None);
        assert_eq!(timers.due(start + Duration::from_secs(5)), Some(Timer::Retry));
        timers.set(Timer::Retry, None);
        timers.clear_leg(Leg::Incoming);
        assert_eq!(timers.next(), at(90));
        assert_eq!(timers.get(hold), at(90));
    }

    #[test]
    fn what_is_sent_on_time_comes_first() {
        let start = Instant::now();
        let mut timers = Timers::default();
        timers.set(Timer::Leg(LegTimer::Hold, Leg::Outgoing), Some(start));
        timers.set(Timer::Leg(LegTimer::Keepalive, Leg::Outgoing), Some(start));
        assert_eq!(timers.due(start), Some(Timer::Leg(LegTimer::Keepalive, Leg::Outgoing)));
    }
}
