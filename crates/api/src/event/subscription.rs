//! What a helper asked to be told about one neighbor.
//!
//! A subscription belongs to one helper and one neighbor: unlike the original, what one helper asks for never changes
//! what another gets.

use bgp_wire::MessageType;
use smallvec::{SmallVec, smallvec};

use super::Direction;

/// Kinds of messages as the configuration names them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind {
    /// OPEN.
    Open,
    /// UPDATE.
    Update,
    /// NOTIFICATION.
    Notification,
    /// KEEPALIVE.
    Keepalive,
    /// ROUTE-REFRESH.
    Refresh,
    /// OPERATIONAL.
    Operational,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Update, Self::Notification, Self::Keepalive, Self::Refresh, Self::Operational];

    /// The word of the configuration, and the `type` of parsed events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Update => "update",
            Self::Notification => "notification",
            Self::Keepalive => "keepalive",
            Self::Refresh => "refresh",
            Self::Operational => "operational",
        }
    }

    /// The message type on the wire.
    pub const fn message_type(self) -> MessageType {
        match self {
            Self::Open => MessageType::OPEN,
            Self::Update => MessageType::UPDATE,
            Self::Notification => MessageType::NOTIFICATION,
            Self::Keepalive => MessageType::KEEPALIVE,
            Self::Refresh => MessageType::ROUTE_REFRESH,
            Self::Operational => MessageType::OPERATIONAL,
        }
    }

    /// The kind of a message type, if events are made of it.
    pub fn of(kind: MessageType) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.message_type() == kind)
    }

    const fn index(self) -> u32 {
        match self {
            Self::Open => 0,
            Self::Update => 1,
            Self::Notification => 2,
            Self::Keepalive => 3,
            Self::Refresh => 4,
            Self::Operational => 5,
        }
    }
}

/// How messages are to be told, as the configuration names it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// What the message says.
    Parsed,
    /// Its octets.
    Packets,
    /// Both in one event.
    Consolidate,
}

/// What events are subscribed to by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// `neighbor-changes`: connected, up, down.
    State,
    /// `fsm`.
    Fsm,
    /// `negotiated`.
    Negotiated,
    /// `signal`.
    Signal,
    /// A message.
    Message(MessageKind, Direction),
}

impl Class {
    /// Number of classes.
    pub(super) const COUNT: usize = 16;

    /// Dense index, below [`Class::COUNT`].
    pub(super) const fn index(self) -> u32 {
        match self {
            Self::State => 0,
            Self::Fsm => 1,
            Self::Negotiated => 2,
            Self::Signal => 3,
            Self::Message(kind, Direction::Receive) => 4u32.saturating_add(kind.index()),
            Self::Message(kind, Direction::Send) => 10u32.saturating_add(kind.index()),
        }
    }

    /// Every class.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let message = |d| MessageKind::ALL.into_iter().map(move |k| Self::Message(k, d));
        [Self::State, Self::Fsm, Self::Negotiated, Self::Signal]
            .into_iter()
            .chain(message(Direction::Receive))
            .chain(message(Direction::Send))
    }
}

/// How one event is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// Octets only.
    Packets,
    /// What it says; every event that is no message.
    Parsed,
    /// What it says, and its octets.
    Consolidated,
}

/// The wishes of one helper about one neighbor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Subscription(u64);

impl Subscription {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Adds a class of events that are no messages.
    #[must_use]
    pub const fn with(self, class: Class) -> Self {
        match class {
            Class::Message(..) => self,
            _ => Self(self.0 | Self::bit(class.index())),
        }
    }

    /// Adds messages of one kind and direction in one format. Blocks of the configuration are added one by one, so
    /// that each format keeps to the kinds of its own block.
    #[must_use]
    pub const fn with_message(self, kind: MessageKind, direction: Direction, format: Format) -> Self {
        Self(self.0 | Self::message_bit(kind, direction, format))
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a class of events that are no messages is wanted.
    pub const fn has(self, class: Class) -> bool {
        self.0 & Self::bit(class.index()) != 0
    }

    /// In which forms events of a class are told, in this order; none when it is not wanted.
    pub fn forms(self, class: Class) -> SmallVec<[Form; 2]> {
        let Class::Message(kind, direction) = class else {
            return if self.has(class) { smallvec![Form::Parsed] } else { smallvec![] };
        };
        let wants = |format| self.0 & Self::message_bit(kind, direction, format) != 0;
        let packets = wants(Format::Packets);
        match (wants(Format::Consolidate), direction) {
            (true, Direction::Receive) => smallvec![Form::Consolidated],
            // Octets of sent messages are only added when packets are asked for too: helpers rely on it.
            (true, Direction::Send) if packets => smallvec![Form::Consolidated],
            (true, Direction::Send) => smallvec![Form::Parsed],
            (false, _) => {
                let raw = packets.then_some(Form::Packets);
                raw.into_iter().chain(wants(Format::Parsed).then_some(Form::Parsed)).collect()
            }
        }
    }

    const fn bit(index: u32) -> u64 {
        1u64.wrapping_shl(index)
    }

    const fn message_bit(kind: MessageKind, direction: Direction, format: Format) -> u64 {
        let format = match format {
            Format::Parsed => 0u32,
            Format::Packets => 1,
            Format::Consolidate => 2,
        };
        // 4 bits for the classes that are no messages; then three runs of 12.
        let class = Class::Message(kind, direction).index();
        Self::bit(class.saturating_add(format.saturating_mul(12)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wish_has_a_bit_of_its_own() {
        let mut seen = 0u64;
        let mut add = |s: Subscription| {
            assert_eq!(s.0.count_ones(), 1);
            assert_eq!(seen & s.0, 0, "{s:?} is taken");
            seen |= s.0;
        };
        for class in [Class::State, Class::Fsm, Class::Negotiated, Class::Signal] {
            add(Subscription::NONE.with(class));
        }
        for kind in MessageKind::ALL {
            for direction in [Direction::Receive, Direction::Send] {
                for format in [Format::Parsed, Format::Packets, Format::Consolidate] {
                    add(Subscription::NONE.with_message(kind, direction, format));
                }
            }
        }
        assert_eq!(seen.count_ones(), 40);
        assert_eq!(Class::all().count(), Class::COUNT);
        assert!(Class::all().zip(0..).all(|(c, i)| c.index() == i));
    }

    #[test]
    fn formats_combine_as_in_the_original() {
        use Format::{Consolidate, Packets, Parsed};
        let forms = |formats: &[Format], direction| {
            let all = formats
                .iter()
                .fold(Subscription::NONE, |s, f| s.with_message(MessageKind::Update, direction, *f));
            all.forms(Class::Message(MessageKind::Update, direction)).to_vec()
        };
        for (formats, receive, send) in [
            (&[][..], &[][..], &[][..]),
            (&[Parsed], &[Form::Parsed], &[Form::Parsed]),
            (&[Packets], &[Form::Packets], &[Form::Packets]),
            (&[Packets, Parsed], &[Form::Packets, Form::Parsed], &[Form::Packets, Form::Parsed]),
            (&[Consolidate], &[Form::Consolidated], &[Form::Parsed]),
            (&[Consolidate, Parsed], &[Form::Consolidated], &[Form::Parsed]),
            (&[Consolidate, Packets], &[Form::Consolidated], &[Form::Consolidated]),
        ] {
            assert_eq!(forms(formats, Direction::Receive), receive, "receive {formats:?}");
            assert_eq!(forms(formats, Direction::Send), send, "send {formats:?}");
        }
    }

    #[test]
    fn a_wish_says_nothing_about_other_kinds_and_directions() {
        let s = Subscription::NONE.with_message(MessageKind::Update, Direction::Receive, Format::Parsed);
        for class in Class::all() {
            let wanted = class == Class::Message(MessageKind::Update, Direction::Receive);
            assert_eq!(s.forms(class).is_empty(), !wanted, "{class:?}");
        }
    }
}
