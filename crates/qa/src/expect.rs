//! Deadlines, and the one place where anything is asked again and again.

use anyhow::{Result, bail};
use std::{future::Future, path::Path, time::Duration};
use tokio::time::{Instant, timeout_at};

/// The moment `seconds` from now.
pub fn within(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// Asks until there is an answer, or the deadline has come. For foreign daemons only, whose command-line tools tell a state but
/// not its change; everything of ours is awaited by its event. The last error is reported.
pub async fn poll<T, F: Future<Output = Result<Option<T>>>>(
    what: &str,
    deadline: Instant,
    mut ask: impl FnMut() -> F,
) -> Result<T> {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last = "no answer".to_owned();
    loop {
        if timeout_at(deadline, ticks.tick()).await.is_err() || Instant::now() >= deadline {
            bail!("{what}: not in time ({last})");
        }
        match timeout_at(deadline, ask()).await {
            Ok(Ok(Some(answer))) => return Ok(answer),
            Ok(Ok(None)) => "not yet".clone_into(&mut last),
            Ok(Err(error)) => last = format!("{error:#}"),
            Err(_) => {}
        }
    }
}

/// Whether the programs of a foreign daemon are installed. Says so aloud when one is not; with `QA_REQUIRE_DAEMONS=1` (as in
/// CI) that is a failure.
///
/// # Panics
/// When one is missing and required.
pub fn installed(daemon: &str, programs: &[&str]) -> bool {
    let missing = programs.iter().find(|p| !Path::new(p).is_file());
    if let Some(program) = missing {
        let required = std::env::var_os("QA_REQUIRE_DAEMONS").is_some_and(|v| v == "1");
        assert!(!required, "{daemon} is required here and not installed: there is no {program}");
        eprintln!("SKIPPED: {daemon} is not installed (there is no {program})");
    }
    missing.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn poll_gives_the_first_answer_or_the_last_error() {
        let mut n = 0;
        let answer = poll("three", within(20), || {
            n += 1;
            let now = n;
            async move { Ok((now == 3).then_some(now)) }
        });
        assert_eq!(answer.await.unwrap(), 3);
        let never =
            poll::<(), _>("never", Instant::now() + Duration::from_millis(50), || async { bail!("because") });
        assert!(never.await.unwrap_err().to_string().contains("because"));
    }
}
