//! Deadlines.

use std::time::Instant;

use bgp_wire::Notification;

use super::{Farewell, Peer};
use crate::event::{DownReason, Event};
use crate::io::Wanted;
use crate::timer::{LegTimer, Timer};

impl Peer {
    /// Does what is due. Before a hold timer expires the owner is asked, once, to look for unread octets.
    pub fn handle_timeout(&mut self, now: Instant) -> Wanted {
        while let Some(timer) = self.timers.due(now) {
            match timer {
                Timer::Retry => self.connect(now),
                Timer::Leg(LegTimer::Keepalive, leg) => {
                    self.send_keepalive(leg);
                    self.restart_keepalive(now, leg);
                }
                Timer::Leg(LegTimer::Connect, leg) => {
                    let why = String::from("no answer");
                    self.leave(leg, Farewell::Silent);
                    self.events.push_back(Event::ConnectFailed(why.clone()));
                    self.ended(now, DownReason::Closed(why));
                }
                // The farewell will hardly get through; RFC 9687 section 3.2 lets us try.
                Timer::Leg(LegTimer::SendHold, leg) => self.fail(now, leg, Notification::new(8, 0)),
                Timer::Leg(LegTimer::Hold, leg) => match self.connection_mut(leg) {
                    Some(connection) if !connection.asked => {
                        connection.asked = true;
                        return Wanted::Read(leg);
                    }
                    _ => self.fail(now, leg, Notification::new(4, 0)),
                },
            }
        }
        Wanted::Nothing
    }
}
