//! Which helpers a neighbor knows, and what they hear.

/// What helpers may do with a neighbor and hear about it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Api {
    /// Who hears what.
    pub blocks: Vec<ApiBlock>,
    /// Names of the processes that may command this neighbor: those of all blocks, and those that `processes-match`
    /// finds. Sorted, each once.
    pub commanders: Vec<String>,
}

impl Api {
    /// Whether a process may command this neighbor.
    pub fn may_command(&self, process: &str) -> bool {
        self.commanders.binary_search_by(|name| name.as_str().cmp(process)).is_ok()
    }
}

/// Processes and the events they get.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ApiBlock {
    /// The block's own name, if it has one.
    pub name: Option<String>,
    /// Names of the processes; each is defined.
    pub processes: Vec<String>,
    /// Up, down, connected.
    pub neighbor_changes: bool,
    /// What the two OPENs agree on.
    pub negotiated: bool,
    /// Transitions of the state machine.
    pub fsm: bool,
    /// Signals that the daemon gets.
    pub signal: bool,
    /// Messages that the peer sends.
    pub receive: Messages,
    /// Messages that we send.
    pub send: Messages,
}

/// Which messages are told, and in which forms. A message without form tells nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Messages {
    /// Form: what the message means.
    pub parsed: bool,
    /// Form: its octets.
    pub packets: bool,
    /// Form: both in one event.
    pub consolidate: bool,
    /// OPEN.
    pub open: bool,
    /// UPDATE.
    pub update: bool,
    /// NOTIFICATION.
    pub notification: bool,
    /// KEEPALIVE.
    pub keepalive: bool,
    /// ROUTE-REFRESH.
    pub refresh: bool,
    /// OPERATIONAL.
    pub operational: bool,
}

impl Messages {
    /// Whether there is a form at all.
    pub const fn has_form(&self) -> bool {
        self.parsed || self.packets || self.consolidate
    }

    /// Whether there is a message at all.
    pub const fn has_type(&self) -> bool {
        self.open || self.update || self.notification || self.keepalive || self.refresh || self.operational
    }
}
