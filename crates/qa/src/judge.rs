//! The rules by which a session is judged, as pure state: messages in, verdicts and actions out.

use crate::{
    case::{Action, Case, Group, Step},
    frame::{KEEPALIVE, Message, OPEN, ROUTE_REFRESH, UPDATE},
};
use std::collections::VecDeque;

/// What came of a message.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Not compared: a KEEPALIVE, an OPEN that is not inspected, an End-of-RIB once nothing is expected any more.
    Passed,
    /// It was expected.
    Matched,
    /// It was not.
    Unexpected {
        /// What arrived.
        got: Message,
        /// The group that was current, and the messages it still expected.
        group: String,
        /// The messages that group still expected.
        wanted: Vec<Message>,
    },
}

/// State shared by all sessions of one test.
#[derive(Debug)]
pub struct Judge {
    groups: VecDeque<Group>,
    inspect_open: bool,
    matched: Vec<Message>,
}

impl Judge {
    /// Nothing has arrived yet.
    pub fn new(case: &Case) -> Self {
        let mut judge = Self {
            groups: case.groups.clone().into(),
            inspect_open: case.options.inspect_open,
            matched: Vec::new(),
        };
        judge.skip_empty();
        judge
    }

    /// Judges one message.
    pub fn message(&mut self, message: &Message) -> Verdict {
        if message.kind() == KEEPALIVE || (message.kind() == OPEN && !self.inspect_open) {
            return Verdict::Passed;
        }
        let Some(group) = self.groups.front_mut() else {
            return if message.is_end_of_rib() { Verdict::Passed } else { self.unexpected(message) };
        };
        let place = group.steps.iter().position(|step| matches!(step, Step::Expect(m) if m == message));
        let Some(place) = place else { return self.unexpected(message) };
        group.steps.remove(place);
        self.matched.push(message.clone());
        self.skip_empty();
        Verdict::Matched
    }

    /// The daemon closed a connection; true when that was expected now.
    pub fn closed(&mut self) -> bool {
        let Some(group) = self.groups.front_mut() else { return false };
        let place = group.steps.iter().position(|step| matches!(step, Step::Closed));
        if let Some(place) = place {
            group.steps.remove(place);
            self.skip_empty();
        }
        place.is_some()
    }

    /// The next thing the peer has to do now, if the current group starts with one. Asked after a match and after an OPEN that
    /// is not inspected, until there is none.
    pub fn action(&mut self) -> Option<Action> {
        let group = self.groups.front_mut()?;
        match group.steps.first() {
            Some(Step::Act(_)) => {
                let Step::Act(action) = group.steps.remove(0) else { return None };
                self.skip_empty();
                Some(action)
            }
            _ => None,
        }
    }

    /// What a matched message makes the peer send back: after a ROUTE-REFRESH every non-EoR UPDATE matched so far.
    pub fn echo(&self, message: &Message) -> Vec<Message> {
        if message.kind() != ROUTE_REFRESH {
            return Vec::new();
        }
        self.matched.iter().filter(|m| m.kind() == UPDATE && !m.is_end_of_rib()).cloned().collect()
    }

    /// Whether nothing is expected any more.
    pub fn is_done(&self) -> bool {
        self.groups.is_empty()
    }

    /// The groups with something left.
    pub fn left(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }

    fn unexpected(&self, message: &Message) -> Verdict {
        let group = self.groups.front();
        Verdict::Unexpected {
            got: message.clone(),
            group: group.map_or_else(|| "end".to_owned(), |g| g.name.clone()),
            wanted: group.map_or_else(Vec::new, |g| {
                g.steps
                    .iter()
                    .filter_map(|s| match s {
                        Step::Expect(m) => Some(m.clone()),
                        Step::Act(_) | Step::Closed => None,
                    })
                    .collect()
            }),
        }
    }

    fn skip_empty(&mut self) {
        while self.groups.front().is_some_and(|g| g.steps.is_empty()) {
            self.groups.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Options;

    fn update(n: u8) -> Message {
        Message::new(UPDATE, &[0, 0, 0, 0, n])
    }

    fn judge(groups: &[(&str, Vec<Step>)]) -> Judge {
        Judge::new(&Case {
            name: "t".into(),
            configs: Vec::new(),
            options: Options::default(),
            groups: groups
                .iter()
                .map(|(name, steps)| Group { name: (*name).into(), steps: steps.clone() })
                .collect(),
        })
    }

    #[test]
    fn within_a_group_the_order_is_free_and_each_expectation_is_used_once() {
        let mut j = judge(&[
            ("A1", vec![Step::Expect(update(1)), Step::Expect(update(2))]),
            ("A2", vec![Step::Expect(update(3))]),
        ]);
        assert!(matches!(j.message(&update(3)), Verdict::Unexpected { .. }));
        assert_eq!(j.message(&update(2)), Verdict::Matched);
        assert!(matches!(j.message(&update(2)), Verdict::Unexpected { .. }));
        assert_eq!(j.message(&Message::keepalive()), Verdict::Passed);
        assert_eq!(j.message(&update(1)), Verdict::Matched);
        assert_eq!(j.message(&update(3)), Verdict::Matched);
        assert!(j.is_done());
    }

    #[test]
    fn end_of_rib_is_free_only_at_the_end() {
        let eor = Message::new(UPDATE, &[0; 4]);
        let mut j = judge(&[("A1", vec![Step::Expect(update(1))])]);
        assert!(matches!(j.message(&eor), Verdict::Unexpected { .. }));
        j.message(&update(1));
        assert_eq!(j.message(&eor), Verdict::Passed);
        assert!(matches!(j.message(&update(1)), Verdict::Unexpected { .. }));
    }

    #[test]
    fn an_action_waits_until_its_group_starts_with_it() {
        let mut j = judge(&[("A1", vec![Step::Expect(update(1))]), ("A2", vec![Step::Act(Action::Close)])]);
        assert_eq!(j.action(), None);
        j.message(&update(1));
        assert!(!j.is_done());
        assert_eq!(j.action(), Some(Action::Close));
        assert!(j.is_done());
    }

    #[test]
    fn a_close_counts_only_in_its_turn() {
        let mut j = judge(&[("A1", vec![Step::Expect(update(1))]), ("A2", vec![Step::Closed])]);
        assert!(!j.closed());
        j.message(&update(1));
        assert!(j.closed() && j.is_done());
    }

    #[test]
    fn a_refresh_brings_back_what_was_matched() {
        let refresh = Message::new(ROUTE_REFRESH, &[0, 1, 0, 1]);
        let eor = Message::new(UPDATE, &[0; 4]);
        let steps = [update(1), eor.clone(), refresh.clone()].map(Step::Expect).to_vec();
        let mut j = judge(&[("A1", steps)]);
        j.message(&eor);
        j.message(&update(1));
        assert_eq!(j.message(&refresh), Verdict::Matched);
        assert_eq!(j.echo(&refresh), [update(1)]);
        assert_eq!(j.echo(&update(1)), []);
    }
}
