//! Where a published suite is older than the behaviour that is right, the expectation is replaced by the right one, so that
//! the test still judges everything else.

use crate::{
    case::{Dialect, Group, Step},
    frame::Message,
    hex,
};
use anyhow::{Context, Result};

/// One message of a published case that is to be judged otherwise.
struct Known {
    dialect: Dialect,
    case: &'static str,
    group: &'static str,
    /// The how-manyth expected message of the group, from 0.
    index: usize,
    /// What is right, in hexadecimal without the marker; nothing when the message must not be sent.
    right: Option<&'static str>,
}

/// RFC 8956 section 3.1: of an IPv6 flow prefix with an offset only the bits from the offset to the length are encoded.
const FLOW_OFFSET: &str = "005A02 0000 0043 40010100 400200 40050400000064 C010088006000000000000 \
     800E27 0002 85 00 00 21 0180002A020B80001500007ACA39FFFEAEA87A 02807801 0381110B81650D9107DD";

const KNOWN: [Known; 3] = [
    Known { dialect: Dialect::V5, case: "conf-flow", group: "A1", index: 5, right: Some(FLOW_OFFSET) },
    Known { dialect: Dialect::V6, case: "conf-flow", group: "A1", index: 6, right: Some(FLOW_OFFSET) },
    // An UPDATE with attributes and no NLRI says nothing: it is not sent.
    Known { dialect: Dialect::V5, case: "api-flow", group: "A1", index: 1, right: None },
];

/// Replaces what is known to be out of date.
pub(crate) fn correct(dialect: Dialect, case: &str, groups: &mut [Group]) -> Result<()> {
    for known in KNOWN.iter().filter(|k| k.dialect == dialect && k.case == case) {
        let group = groups.iter_mut().find(|g| g.name == known.group);
        let group = group.with_context(|| format!("{case} has no group {}", known.group))?;
        let expected =
            group.steps.iter().enumerate().filter(|(_, s)| matches!(s, Step::Expect(_))).map(|(i, _)| i);
        let place =
            expected.clone().nth(known.index).with_context(|| format!("{case} has too few messages"))?;
        match known.right {
            Some(right) => group.steps[place] = Step::Expect(Message::from_case(&hex::parse(right)?)?),
            None => drop(group.steps.remove(place)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_replacement_is_a_message() {
        for known in &KNOWN {
            if let Some(right) = known.right {
                assert!(Message::from_case(&hex::parse(right).unwrap()).is_ok(), "{}", known.case);
            }
        }
    }

    #[test]
    fn only_the_named_message_is_replaced() {
        let m = |n| Step::Expect(Message::new(2, &[0, 0, 0, 0, n]));
        let mut groups = [Group { name: "A1".into(), steps: vec![m(1), m(2), m(3)] }];
        correct(Dialect::V6, "api-flow", &mut groups).unwrap();
        assert_eq!(groups[0].steps.len(), 3);
        correct(Dialect::V5, "api-flow", &mut groups).unwrap();
        assert_eq!(groups[0].steps, [m(1), m(3)]);
    }
}
