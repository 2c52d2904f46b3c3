//! Orders from above.

use std::time::Instant;

use bgp_wire::msg::{Operational, RouteRefresh};
use bgp_wire::negotiated::Refresh;
use bgp_wire::{MessageType, Notification};

use super::{Farewell, Peer};
use crate::event::{DownReason, State};
use crate::io::{Command, CommandError, Leg, StopReason};
use crate::timer::Timer;

impl Peer {
    /// Does what is asked for. Stopping a stopped peer and starting a running one does nothing.
    pub fn handle_command(&mut self, now: Instant, command: Command) -> Result<(), CommandError> {
        match command {
            Command::Start => self.start(now),
            Command::Stop(reason) => self.stop(now, &reason),
            Command::Teardown(notification) => self.teardown(now, &notification),
            Command::Fail(notification) => {
                self.leave_all(&notification, false);
                self.over(now, DownReason::NotificationSent(notification));
            }
            Command::Refresh(refresh) => return self.refresh(refresh),
            Command::Operational(message) => return self.operational(&message),
        }
        Ok(())
    }

    fn start(&mut self, now: Instant) {
        if self.running {
            return;
        }
        self.running = true;
        self.attempts = 0;
        self.backoff.reset();
        if self.config.passive {
            self.report_state();
        } else {
            self.connect(now);
        }
    }

    fn stop(&mut self, now: Instant, reason: &StopReason) {
        if !self.running {
            return;
        }
        self.running = false;
        let (down, notification, silent) = match reason {
            StopReason::ShuttingDown(text) if text.is_empty() => {
                (DownReason::ShuttingDown, Notification::new(6, 2), true)
            }
            StopReason::ShuttingDown(text) => {
                (DownReason::ShuttingDown, Notification::shutdown(6, 2, text), true)
            }
            StopReason::Removed => (DownReason::Removed, Notification::named(6, 3), false),
            StopReason::Reconfigured => {
                let n = Notification::named(6, 3);
                (DownReason::NotificationSent(n.clone()), n, true)
            }
        };
        let graceful = self.leave_all(&notification, silent);
        let by_notification = matches!(down, DownReason::NotificationSent(_));
        self.ended(now, if graceful && by_notification { DownReason::GracefulRestart } else { down });
        self.stopped();
    }

    fn teardown(&mut self, now: Instant, notification: &Notification) {
        let graceful = self.leave_all(notification, true);
        let sent = DownReason::NotificationSent(notification.clone());
        self.backoff.reset();
        self.over(now, if graceful { DownReason::GracefulRestart } else { sent });
    }

    /// Leaves both connections; silently where graceful restart was negotiated and that is wanted: the peer takes a
    /// NOTIFICATION for the end of our forwarding (RFC 4724 section 4). Whether it was silent.
    fn leave_all(&mut self, notification: &Notification, silent: bool) -> bool {
        let mut graceful = false;
        for leg in Leg::BOTH {
            let Some(connection) = self.connection(leg) else { continue };
            if silent && connection.phase.graceful_restart() {
                graceful = true;
                self.leave(leg, Farewell::Silent);
            } else {
                self.leave(leg, Farewell::Say(notification.clone()));
            }
        }
        graceful
    }

    /// Both connections were left by order; a try that was to come later comes now.
    fn over(&mut self, now: Instant, reason: DownReason) {
        if !self.running {
            return;
        }
        if self.state == State::Active && !self.connected {
            if self.timers.get(Timer::Retry).is_some() {
                self.connect(now);
            }
            return;
        }
        self.ended(now, reason);
    }

    fn refresh(&mut self, refresh: RouteRefresh) -> Result<(), CommandError> {
        let (leg, negotiated) = self.established().ok_or(CommandError::NotEstablished)?;
        if matches!(negotiated.refresh, Refresh::Absent) {
            return Err(CommandError::NoRouteRefresh);
        }
        self.send(leg, MessageType::ROUTE_REFRESH, &refresh.encode());
        Ok(())
    }
    fn operational(&mut self, message: &Operational) -> Result<(), CommandError> {
        let (leg, negotiated) = self.established().ok_or(CommandError::NotEstablished)?;
        if !negotiated.operational {
            return Err(CommandError::NoOperational);
        }
        let message = message.encode(self.config.router_id).map_err(|_| CommandError::TooLong)?;
        self.send(leg, MessageType::OPERATIONAL, &message);
        Ok(())
    }
}
