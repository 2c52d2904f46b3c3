//! Hostile input against everything that reads octets or text of others.
//!
//! A target is a function of octets that must neither panic nor take long nor allocate much, and that checks what
//! must hold of its result. [`TARGETS`] names them all. Two drivers run them:
//! * `cargo test -p fuzz`: the seeds of `seeds/`, and mutations of them from a fixed start, on any toolchain;
//! * `qa/fuzz MINUTES`: libFuzzer, guided by coverage.
//!
//! One binary holds all targets, chosen by the environment: linking a binary each costs more than it tells.

mod json;
pub mod mutate;
pub mod seeds;
mod targets;

use std::time::Duration;

use cap::Cap;
use nix::time::{ClockId, clock_gettime};

/// Octets that may be allocated while a target runs, its own input of up to 64 KiB included.
const MAX_ALLOCATED: usize = 64 << 20;

/// Processor time that a target may take. The clock of the thread: a busy machine makes nothing slow.
const MAX_TIME: Duration = Duration::from_millis(100);

#[global_allocator]
static ALLOCATOR: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

/// A target by name.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its seeds.
    pub name: &'static str,
    /// Reads octets; panics when something does not hold.
    pub run: fn(&[u8]),
}

macro_rules! targets {
    ($($name:ident = $function:expr;)+) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), run: $function }),+];
    };
}

targets! {
    framing = targets::message::stream;
    open = targets::message::open;
    update = targets::update::update;
    attributes = targets::attribute::block;
    attribute = targets::attribute::value;
    nlri_inet = targets::nlri::inet;
    nlri_labelled = targets::nlri::labelled;
    nlri_flow = targets::nlri::flow;
    nlri_vpls = targets::nlri::vpls;
    nlri_evpn = targets::nlri::evpn;
    nlri_mvpn = targets::nlri::mvpn;
    nlri_mup = targets::nlri::mup;
    nlri_rtc = targets::nlri::rtc;
    nlri_bgp_ls = targets::nlri::bgp_ls;
    nlri_sr_policy = targets::nlri::sr_policy;
    session = targets::session::session;
    route_line = targets::text::route_line;
    command_line = targets::text::command_line;
    conf = targets::text::conf;
    toml = targets::text::toml;
    events = targets::events::events;
}

impl Target {
    /// The target of a name.
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.iter().find(|target| target.name == name).copied()
    }

    /// Runs it on `data`, and panics where it took too long; where it allocates too much the program ends. `times`
    /// stretches the time for builds without optimisation.
    ///
    /// # Panics
    /// Where something does not hold: that is what it is for.
    pub fn check(self, data: &[u8], times: u32) {
        // Refused when more is allocated already, which can't be.
        let _ = ALLOCATOR.set_limit(ALLOCATOR.allocated().saturating_add(MAX_ALLOCATED));
        let start = processor_time();
        (self.run)(data);
        let took = processor_time().saturating_sub(start);
        assert!(took <= MAX_TIME * times, "{}: {took:?} for {} octets", self.name, data.len());
    }
}

/// What this thread has used of the processor.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}
