//! Two peers, a network between them, and one clock that nobody reads but [`Pair`].
//!
//! A run is a function of its seeds: hours pass in milliseconds, and what failed once fails again. While it runs, every
//! event and octet is checked against what must always hold ([`record`]).

mod network;
mod record;
mod side;

use std::time::{Duration, Instant};

use crate::config::PeerConfig;
use crate::event::State;
use crate::io::{Accept, Command, Io, IoAction, Leg, Wanted};
pub use network::Faults;
use network::{Arrival, Network};
pub use record::Record;
pub use side::Side;

/// Most deadlines, arrivals and rounds at one instant before the run counts as a busy loop.
const ROUNDS: usize = 10_000;

/// Two endpoints.
#[derive(Debug)]
pub struct Pair {
    /// When the run began.
    pub start: Instant,
    /// The time of both.
    pub now: Instant,
    /// The endpoints.
    pub sides: [Side; 2],
    /// What lies between them.
    pub network: Network,
}

impl Pair {
    /// Two peers at rest, and a network with the latency of 10 ms.
    #[expect(clippy::disallowed_methods, reason = "some instant is needed to count from")]
    pub fn new(configs: [PeerConfig; 2], seed: u64) -> Self {
        let start = Instant::now();
        let [a, b] = configs;
        let sides = [Side::new(a, seed), Side::new(b, !seed)];
        Self { start, now: start, sides, network: Network::new(seed) }
    }

    /// Time since the run began.
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// Starts both sides.
    pub fn start(&mut self) {
        (0..2).for_each(|side| self.command(side, Command::Start));
    }

    /// Gives a command, which has to be accepted.
    pub fn command(&mut self, side: usize, command: Command) {
        self.sides[side].peer.handle_command(self.now, command).expect("a command that is possible");
        self.settle(side);
    }

    /// Writes octets as the owner of an established session would.
    pub fn write(&mut self, side: usize, octets: &[u8]) {
        let (leg, _) = self.sides[side].peer.established().expect("an established session");
        let link = self.sides[side].sockets[leg as usize].expect("a socket");
        self.network.send(self.now, side, link, octets);
    }

    /// Octets from nowhere reach the connections of a side.
    pub fn receive(&mut self, side: usize, octets: &[u8]) {
        for leg in Leg::BOTH {
            if self.sides[side].sockets[leg as usize].is_some() {
                self.sides[side].unread[leg as usize].extend_from_slice(octets);
                self.read(side, leg);
            }
        }
    }

    /// Lets `time` pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        let mut rounds = 0;
        let mut before = self.now;
        while let Some(next) = self.next().filter(|next| *next <= end) {
            assert!(next >= before, "time goes on");
            rounds = if next == before { rounds + 1 } else { 0 };
            assert!(rounds < ROUNDS, "a busy loop at {:?}", self.elapsed());
            before = next;
            self.now = next;
            self.step();
        }
        self.now = end;
    }

    /// Lets time pass until a condition holds; false if it does not within `limit`.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + limit;
        while !done(self) {
            let Some(next) = self.next().filter(|next| *next <= end) else { return false };
            self.now = next;
            self.step();
        }
        true
    }

    /// Runs until both sides are established.
    pub fn establish(&mut self) {
        let up = self.run_until(Duration::from_mins(10), Self::established);
        assert!(up, "established within ten minutes: {:#?}", self.sides.each_ref().map(|s| &s.record.events));
    }

    /// Whether both sides are established, on the same connection.
    pub fn established(&self) -> bool {
        let link = |side: &Side| Some(side.sockets[side.peer.established()?.0 as usize].expect("a socket"));
        let [a, b] = self.sides.each_ref().map(link);
        a.is_some() && a == b
    }

    /// The states of both.
    pub fn states(&self) -> [State; 2] {
        self.sides.each_ref().map(|side| side.peer.state())
    }

    /// Breaks every connection: both ends learn of it.
    pub fn cut(&mut self) {
        self.network.cut(self.now);
    }

    fn next(&self) -> Option<Instant> {
        let deadlines = self.sides.iter().filter_map(Side::deadline);
        deadlines.chain(self.network.next()).min().map(|next| next.max(self.now))
    }

    /// Everything that is due now.
    fn step(&mut self) {
        while let Some(arrival) = self.network.arrive(self.now) {
            self.arrived(arrival);
        }
        for side in 0..2 {
            if self.sides[side].deadline().is_some_and(|at| at <= self.now) {
                self.timeout(side);
            }
        }
    }

    fn timeout(&mut self, side: usize) {
        let peer = &mut self.sides[side].peer;
        let wanted = peer.handle_timeout(self.now);
        self.settle(side);
        match wanted {
            Wanted::Read(leg) => {
                self.read(side, leg);
                // A deadline that is still due now means that nothing was there to read.
                if self.sides[side].deadline().is_some_and(|at| at <= self.now) {
                    let again = self.sides[side].peer.handle_timeout(self.now);
                    assert!(again != wanted, "a hold timer asks once");
                    self.settle(side);
                }
            }
            Wanted::Nothing => {
                let next = self.sides[side].peer.poll_timeout();
                assert!(next.is_none_or(|at| at > self.now), "a deadline has been dealt with");
            }
        }
    }

    fn arrived(&mut self, arrival: Arrival) {
        let Arrival { link, to: side, what } = arrival;
        match what {
            network::What::Syn => self.syn(side, link),
            network::What::Connected => {
                if let Some(leg) = self.sides[side].leg_of(link) {
                    self.sides[side].peer.handle_io(self.now, leg, Io::Connected);
                    self.settle(side);
                }
            }
            network::What::Refused => self.lost(side, link, Io::ConnectFailed("refused".into())),
            network::What::Octets(octets) => {
                let Some(leg) = self.sides[side].leg_of(link) else { return };
                self.sides[side].unread[leg as usize].extend(octets);
                if self.sides[side].reading {
                    self.read(side, leg);
                }
            }
            network::What::End => {
                // What came before is read first, as a socket would give it.
                if let Some(leg) = self.sides[side].leg_of(link) {
                    self.read(side, leg);
                }
                self.lost(side, link, Io::Closed("end of file".into()));
                self.network.end(self.now, side, link);
            }
        }
    }

    fn syn(&mut self, side: usize, link: usize) {
        let other = 1 - side;
        if !self.sides[side].listening {
            return self.network.refuse(self.now, other, link);
        }
        self.network.connected(self.now, other, link);
        match self.sides[side].peer.handle_accept(self.now) {
            Accept::Taken { replaces } => {
                let old = self.sides[side].sockets[Leg::Incoming as usize];
                assert_eq!(old.is_some(), replaces.is_some(), "replaced what was there");
                if let (Some(old), Some(octets)) = (old, replaces) {
                    self.network.send(self.now, side, old, &octets);
                    self.network.end(self.now, side, old);
                    self.sides[side].forget(old);
                }
                self.sides[side].take(Leg::Incoming, link);
            }
            Accept::Refused { farewell, .. } => {
                self.network.send(self.now, side, link, &farewell);
                self.network.end(self.now, side, link);
            }
        }
        self.settle(side);
    }

    /// A connection is gone: its leg is free before the peer hears of it, since it may want another at once.
    fn lost(&mut self, side: usize, link: usize, io: Io) {
        if let Some(leg) = self.sides[side].leg_of(link) {
            self.sides[side].forget(link);
            self.sides[side].peer.handle_io(self.now, leg, io);
            self.settle(side);
        }
    }

    /// Offers the unread octets of a leg until no more are used.
    pub fn read(&mut self, side: usize, leg: Leg) {
        loop {
            let now = self.now;
            let used = self.sides[side].offer(now, leg);
            self.settle(side);
            if used == 0 {
                return;
            }
        }
    }

    /// Does what the peer asks for, until it asks for nothing more.
    fn settle(&mut self, side: usize) {
        let elapsed = self.elapsed();
        let Self { now, sides, network, .. } = self;
        let this = &mut sides[side];
        this.note(elapsed);
        while let Some(action) = this.peer.poll_io() {
            match action {
                IoAction::Connect => {
                    let link = network.connect(*now, side);
                    this.take(Leg::Outgoing, link);
                }
                IoAction::Close { leg, farewell } => {
                    let link = this.sockets[leg as usize].expect("a socket to close");
                    this.forget(link);
                    network.send(*now, side, link, &farewell);
                    network.end(*now, side, link);
                }
            }
        }
        for leg in Leg::BOTH {
            let mut octets = Vec::new();
            if this.peer.poll_transmit(leg, &mut octets) > 0 {
                let link = this.sockets[leg as usize].expect("a socket to write to");
                let taken = network.send(*now, side, link, &octets);
                this.peer.handle_written(*now, leg, if taken { octets.len() } else { 0 }, !taken);
            }
        }
        this.note(elapsed);
    }
}
