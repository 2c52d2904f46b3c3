//! Signals of the operating system, one after the other, none lost while another is handled.

use std::io;

use tokio::signal::unix::{self, SignalKind};

/// A signal the daemon knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signal {
    /// Stop.
    Terminate,
    /// Stop.
    Interrupt,
    /// Stop, as in the original.
    Hangup,
    /// Reload the configuration.
    User1,
    /// Reload the configuration and restart the helpers.
    User2,
    /// Restart everything.
    Alarm,
}

impl Signal {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
            Self::Hangup => "SIGHUP",
            Self::User1 => "SIGUSR1",
            Self::User2 => "SIGUSR2",
            Self::Alarm => "SIGALRM",
        }
    }

    pub(super) const fn number(self) -> i32 {
        match self {
            Self::Terminate => libc::SIGTERM,
            Self::Interrupt => libc::SIGINT,
            Self::Hangup => libc::SIGHUP,
            Self::User1 => libc::SIGUSR1,
            Self::User2 => libc::SIGUSR2,
            Self::Alarm => libc::SIGALRM,
        }
    }
}

/// Receives them.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hangup: unix::Signal,
    user1: unix::Signal,
    user2: unix::Signal,
    alarm: unix::Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            hangup: unix::signal(SignalKind::hangup())?,
            user1: unix::signal(SignalKind::user_defined1())?,
            user2: unix::signal(SignalKind::user_defined2())?,
            alarm: unix::signal(SignalKind::alarm())?,
        })
    }

    /// Waits for the next one. Cancel safe.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.hangup.recv() => Signal::Hangup,
            _ = self.user1.recv() => Signal::User1,
            _ = self.user2.recv() => Signal::User2,
            _ = self.alarm.recv() => Signal::Alarm,
        }
    }
}
