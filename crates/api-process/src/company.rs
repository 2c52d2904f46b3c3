//! Whether a helper is the only one that writes: it decides how a flood shares the processors.
//!
//! A flood keeps three busy: the task that reads it, whoever applies what it says, and whoever sends that. On their
//! own they do best at the same time, on as many processors as there are. But then a command of another helper finds
//! each processor busy with some thread, and the kernel's next tick, which is what moves it on, is up to 4 ms away, at
//! each hop. So in company a flood takes its steps one after the other on one worker, which takes others' steps in
//! between, and the remaining workers have time.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::HelperId;

/// For so long a helper that has said something counts as company: many times what lies between two lines of a
/// program that checks something each second.
const LATELY: Duration = Duration::from_secs(10);

/// Bits of a word that hold milliseconds; the helper's number is above them.
const CLOCK: u32 = 40;

/// Which of the helpers of an owner have written lately. A hint: it is read and written without order.
#[derive(Clone, Debug)]
pub struct Company(Arc<Speakers>);

#[derive(Debug)]
struct Speakers {
    start: Instant,
    /// Who wrote last, and when.
    last: AtomicU64,
    /// The last one that was somebody else.
    other: AtomicU64,
}

impl Default for Company {
    fn default() -> Self {
        Self(Arc::new(Speakers {
            start: Instant::now(),
            last: AtomicU64::new(u64::MAX),
            other: AtomicU64::new(u64::MAX),
        }))
    }
}

impl Company {
    /// A helper has written.
    pub(crate) fn spoke(&self, id: HelperId, now: Instant) {
        let last = self.0.last.load(Relaxed);
        if last >> CLOCK != number(id) {
            self.0.other.store(last, Relaxed);
        }
        self.0.last.store(number(id) << CLOCK | self.milliseconds(now), Relaxed);
    }

    /// Whether another one has written lately.
    pub(crate) fn has_others(&self, id: HelperId, now: Instant) -> bool {
        let now = self.milliseconds(now);
        let lately = u64::try_from(LATELY.as_millis()).unwrap_or(u64::MAX);
        [&self.0.last, &self.0.other].into_iter().map(|word| word.load(Relaxed)).any(|word| {
            word != u64::MAX
                && word >> CLOCK != number(id)
                && now.saturating_sub(word & ((1 << CLOCK) - 1)) < lately
        })
    }

    fn milliseconds(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.0.start).as_millis();
        u64::try_from(passed).unwrap_or(u64::MAX) & ((1 << CLOCK) - 1)
    }
}

/// Lets others have the worker. A task that `stays` comes back when its worker has nothing else to do; one that does not
/// is there for any worker at once.
pub(crate) async fn give_way(stays: bool) {
    if stays {
        return tokio::task::yield_now().await;
    }
    let mut gone = false;
    poll_fn(|context| {
        if std::mem::replace(&mut gone, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The low bits: two helpers that share them are taken for one, which costs some promptness.
fn number(id: HelperId) -> u64 {
    u64::from(id.0) & ((1 << (u64::BITS - CLOCK)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_count_for_a_while_and_oneself_never() {
        let company = Company::default();
        let (a, b, start) = (HelperId(1), HelperId(2), Instant::now());
        let at = |s| start + Duration::from_secs(s);
        assert!(!company.has_others(a, at(0)));
        company.spoke(a, at(0));
        assert!(!company.has_others(a, at(0)) && company.has_others(b, at(0)));
        company.spoke(b, at(1));
        (1..=5).for_each(|s| company.spoke(a, at(s)));
        assert!(company.has_others(a, at(5)), "however often it has written itself since");
        assert!(!company.has_others(a, at(12)) && company.has_others(b, at(12)));
    }
}
