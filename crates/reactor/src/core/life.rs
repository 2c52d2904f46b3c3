//! Routes that expire, and the leases of helpers.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use api::command::LeaseAct;
use api::event::Expired;
use api_process::HelperId;
use rib::{Expiry, Gone, OwnerId, PeerId, Term};
use route_text::Life;

use super::Reactor;

/// Routes that are withdrawn in one turn because their time is over: about 100 µs of work.
const ROUTES: usize = rib::WRITE_BUDGET;

/// What expires, by the reactor's clock.
#[derive(Debug)]
pub(super) struct Lives {
    pub(super) expiry: Expiry,
    start: Instant,
}

/// Why a route could not be given the life that it asks for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no lease {0}; begin it with lease {0} SECONDS")]
pub(super) struct NoLease(pub(super) Box<str>);

impl Lives {
    pub(super) fn new() -> Self {
        Self { expiry: Expiry::new(), start: Instant::now() }
    }

    /// Milliseconds since the daemon's start.
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Until when a route is to be kept that is announced now.
    pub(super) fn term(&self, life: &Life) -> Result<Term, NoLease> {
        match life {
            Life::Ttl(seconds) => Ok(Term::Until(self.now().saturating_add(milliseconds(seconds.get())))),
            Life::Lease(name) => {
                self.expiry.lease(name).map(Term::Lease).ok_or_else(|| NoLease(name.clone()))
            }
        }
    }

    /// When there is something to do.
    pub(super) fn next(&self) -> Option<tokio::time::Instant> {
        let due = self.start.checked_add(Duration::from_millis(self.expiry.next()?))?;
        Some(tokio::time::Instant::from_std(due))
    }
}

fn milliseconds(seconds: u32) -> u64 {
    u64::from(seconds).saturating_mul(1000)
}

impl Reactor {
    /// Does the `lease` command of a helper.
    pub(super) fn lease(&mut self, id: HelperId, name: &str, act: LeaseAct) -> bool {
        let now = self.lives.now();
        let Some(helper) = self.helpers.get_mut(&id) else { return false };
        let (owner, expiry) = (helper.working_owner(), &mut self.lives.expiry);
        let refused = match act {
            LeaseAct::Begin(seconds) => {
                let begun = expiry.begin(name, owner, milliseconds(seconds.get()), now);
                begun.is_none().then(|| "there are too many leases: 4096".to_owned())
            }
            LeaseAct::Heartbeat => {
                (!expiry.renew(name, owner, now)).then(|| NoLease(name.into()).to_string())
            }
            LeaseAct::End => (!expiry.end(name)).then(|| NoLease(name.into()).to_string()),
        };
        if let Some(why) = &refused {
            helper.complain(why);
        }
        helper.answer(refused.is_none());
        true
    }

    /// Withdraws some of what is due, and tells who announced it.
    pub(super) fn expire(&mut self) {
        let Some(next) = self.lives.expiry.next() else { return };
        let now = self.lives.now();
        if next > now {
            return;
        }
        let time = crate::clock::seconds();
        let mut woken: Vec<PeerId> = Vec::new();
        let mut told: HashMap<OwnerId, (Vec<u8>, u32)> = HashMap::new();
        let (helpers, host) = (&self.helpers, &self.host);
        let tell = |owner: OwnerId, what: &Expired<'_>| {
            let Some(helper) = helpers.values().find(|h| h.owns(owner)) else { return };
            let (text, count) = told.entry(owner).or_default();
            (crate::plan::dialect(&helper.process).expired)(host, time, what, text);
            *count = count.saturating_add(1);
        };
        let mut tell = tell;
        let gone = |gone: Gone<'_>| match gone {
            Gone::Route { nlri, peers, owner, lease } => {
                tell(owner, &Expired { route: Some(nlri.as_ref()), lease, count: peers });
            }
            Gone::Lease { name, routes, owner } => {
                tracing::info!(target: "reactor", "the lease {name} was not renewed: its {routes} routes are withdrawn");
                tell(owner, &Expired { route: None, lease: Some(name), count: routes });
            }
        };
        let mut last = None;
        let mut store = self.common.store.write();
        self.lives.expiry.expire(&mut store, now, ROUTES, gone, |store, targets| {
            if last.replace(targets) != Some(targets) {
                woken.extend(store.members(targets));
            }
        });
        drop(store);
        for (owner, (text, count)) in told {
            if let Some(helper) = self.helpers.values().find(|h| h.owns(owner)) {
                helper.handle.outbox().push_events(text.into(), count);
            }
        }
        woken.sort_unstable();
        woken.dedup();
        self.wake(&woken);
    }
}
