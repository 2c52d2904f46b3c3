//! What a configuration means: plain values that have been validated. The rest of the program sees only these.

mod api;
mod neighbor;
mod process;
mod routes;
mod tcp_ao;

pub use api::{Api, ApiBlock, Messages};
pub use neighbor::{AddPath, Capability, Neighbor};
pub use process::{Encoder, OnExit, Overflow, Process, Program};
pub use routes::{Kind, RouteSet, StaticRoute};
pub use tcp_ao::{AoAlgorithm, TcpAo};

use crate::env::Settings;

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// In the order of the file.
    pub neighbors: Vec<Neighbor>,
    /// In the order of the file, which is the order in which they are started.
    pub processes: Vec<Process>,
    /// Of the environment, the ini file and this file.
    pub settings: Settings,
}

impl Config {
    /// The neighbor of a name.
    pub fn neighbor(&self, name: &route_text::PeerName) -> Option<&Neighbor> {
        self.neighbors.iter().find(|n| n.name == *name)
    }

    /// The process of a name.
    pub fn process(&self, name: &str) -> Option<&Process> {
        self.processes.iter().find(|p| p.name == name)
    }
}
