//! What has become of the routes for a peer: when they were sent, and why some were not.

use std::collections::{HashMap, VecDeque};

use bgp_wire::Nlri;
use rib::Refused;

/// Times that are remembered; with more of them, old ones are told less exactly.
const MARKS: usize = 1024;

/// Seconds within which two times are one.
const GRAIN: f64 = 0.1;

/// Refused routes that are remembered, each with its reason.
const REFUSED: usize = 16_384;

/// How far one session is, by the versions of the store.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    /// Up to which version everything had been handed to the socket at which time (seconds since 1970); both ascend.
    marks: VecDeque<(u64, f64)>,
    /// What could not be written, with the version up to which that holds.
    refused: HashMap<Nlri, (u64, Box<str>)>,
    /// More than are remembered were refused, up to this version.
    beyond: u64,
}

/// What has become of a route that the session's cursor has passed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Fate<'a> {
    /// It was handed to the socket: at this time, if that is known.
    Sent(Option<f64>),
    /// It could not be written.
    Refused(&'a str),
    /// It was sent, or it is one of those of which only the number is known.
    Uncertain,
}

impl Delivery {
    /// Everything up to a version has been handed to the socket, but what was refused.
    pub(crate) fn note(&mut self, through: u64, time: f64, refused: Vec<Refused>) {
        match self.marks.back_mut() {
            Some((version, at)) if time - *at < GRAIN => *version = through.max(*version),
            _ => {
                if self.marks.len() >= MARKS {
                    let mut odd = false;
                    self.marks.retain(|_| {
                        odd = !odd;
                        !odd
                    });
                }
                self.marks.push_back((through, time));
            }
        }
        for Refused { nlri, error } in refused {
            if self.refused.len() < REFUSED || self.refused.contains_key(&nlri) {
                self.refused.insert(nlri, (through, error.to_string().into()));
            } else {
                self.beyond = through;
            }
        }
    }

    /// What has become of the `version` of a route.
    pub(crate) fn fate(&self, nlri: &Nlri, version: u64) -> Fate<'_> {
        if let Some((_, reason)) = self.refused.get(nlri).filter(|(through, _)| version <= *through) {
            return Fate::Refused(reason);
        }
        if version <= self.beyond {
            return Fate::Uncertain;
        }
        let place = self.marks.partition_point(|(through, _)| *through < version);
        Fate::Sent(self.marks.get(place).map(|(_, at)| *at))
    }
}

#[cfg(test)]
mod tests {
    use bgp_wire::Family;
    use bgp_wire::error::EncodeError;

    use super::*;

    fn nlri(n: u16) -> Nlri {
        let [a, b] = n.to_be_bytes();
        Nlri::from_wire(Family::IPV4_UNICAST, None, &[16, a, b])
    }

    #[test]
    fn it_is_known_when_a_route_was_sent_and_why_not() {
        let mut delivery = Delivery::default();
        assert_eq!(delivery.fate(&nlri(1), 1), Fate::Sent(None));
        let error = EncodeError::TooLong { what: "UPDATE", actual: 5000, max: 4096 };
        let text = error.to_string();
        delivery.note(10, 1.0, vec![Refused { nlri: nlri(1), error }]);
        delivery.note(20, 1.05, Vec::new());
        delivery.note(30, 2.0, Vec::new());
        assert_eq!(delivery.fate(&nlri(1), 7), Fate::Refused(&text));
        assert_eq!(delivery.fate(&nlri(1), 11), Fate::Sent(Some(1.0)), "what came later is another matter");
        assert_eq!(delivery.fate(&nlri(2), 20), Fate::Sent(Some(1.0)));
        assert_eq!(delivery.fate(&nlri(2), 21), Fate::Sent(Some(2.0)));
        for n in 0..5000u32 {
            delivery.note(u64::from(n) + 31, f64::from(n) + 3.0, Vec::new());
        }
        assert!(delivery.marks.len() <= MARKS);
        assert_eq!(delivery.fate(&nlri(2), 5030), Fate::Sent(Some(5002.0)), "the newest are exact");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut delivery = Delivery::default();
        let error = EncodeError::TooLong { what: "UPDATE", actual: 5000, max: 4096 };
        let all = (0..20_000).map(|n| Refused { nlri: nlri(n), error: error.clone() }).collect();
        delivery.note(5, 1.0, all);
        assert_eq!(delivery.refused.len(), REFUSED);
        assert!(matches!(delivery.fate(&nlri(1), 5), Fate::Refused(_)));
        assert_eq!(delivery.fate(&nlri(19_999), 5), Fate::Uncertain);
        assert_eq!(delivery.fate(&nlri(19_999), 6), Fate::Sent(None));
    }
}
