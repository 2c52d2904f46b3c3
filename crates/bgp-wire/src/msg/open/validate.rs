//! Whether a received OPEN is acceptable to the session it came on (RFC 4271 section 6.2, RFC 6286, RFC 6793,
//! RFC 7607).

use std::net::Ipv4Addr;

use super::{Open, error};
use crate::cap::multisession;
use crate::cap::role::{self, Role};
use crate::code::{Asn, CapCode};
use crate::error::DecodeError;

/// What this side of a session is, and what it wants the other to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expect {
    /// The AS the peer is configured to be in; `None` takes any.
    pub peer_as: Option<Asn>,
    /// Our own AS on this session.
    pub local_as: Asn,
    /// Our own BGP identifier.
    pub local_id: Ipv4Addr,
    /// Our own role, if there is one (RFC 9234).
    pub role: Option<Role>,
    /// A peer without role is refused (RFC 9234 section 4.2, "strict mode").
    pub strict_role: bool,
    /// We offer multisession: then the peer must have it, too.
    pub multisession: bool,
}

impl Open {
    /// Judges the fields of a received OPEN. The first of these that applies is the error:
    ///
    /// | subcode | condition |
    /// |---|---|
    /// | 2 | AS 0 in field or capability, AS_TRANS as the AS itself, field and capability disagree, not the expected AS |
    /// | 3 | identifier 0.0.0.0, or ours with a peer in our own AS |
    /// | 6 | hold time of 1 or 2 seconds |
    /// | 9, 8 | no multisession where we offer it, or sessions told apart by other capabilities |
    /// | 11 | a role that does not go with ours, several that differ, none in strict mode |
    pub fn validate(&self, expected: &Expect) -> Result<(), DecodeError> {
        let asn = self.four_octet_asn();
        if let Some(wanted) = expected.peer_as
            && !self.is_in(wanted)
        {
            let text = format!("ASN in OPEN ({}) did not match ASN expected ({wanted})", self.asn);
            return Err(error(2, text));
        }
        // RFC 7607 section 2: an OPEN from AS 0 ends the connection with "Bad Peer AS".
        if self.asn == 0 || asn == Asn(0) {
            return Err(error(2, "ASN in OPEN is 0, which is reserved".to_owned()));
        }
        // AS_TRANS is no one's own number (RFC 6793 section 9), unless we are told to take the peer by it: that is
        // how a speaker of two octets is configured towards one of four.
        if asn == Asn::TRANS && expected.peer_as != Some(Asn::TRANS) {
            return Err(error(2, format!("ASN in OPEN is {asn}, which is reserved (AS_TRANS)")));
        }
        // RFC 6793 section 4.1: the field is the number itself, or AS_TRANS when that has no two-octet form.
        if u32::from(self.asn) != asn.0 && self.asn != Asn::TRANS.as2() {
            return Err(error(
                2,
                format!("ASN in OPEN ({}) did not match its four-octet ASN ({asn})", self.asn),
            ));
        }
        if self.router_id.is_unspecified() {
            return Err(error(3, format!("{} is an invalid router_id", self.router_id)));
        }
        // RFC 6286 section 2.3: within one AS the identifiers must differ; between ASes they may be equal.
        if asn == expected.local_as && self.router_id == expected.local_id {
            let text = format!(
                "BGP Identifier collision, same router-id ({}) on both sides of this IBGP session",
                self.router_id
            );
            return Err(error(3, text));
        }
        if matches!(self.hold_time, 1 | 2) {
            return Err(error(6, format!("Hold Time is invalid ({})", self.hold_time)));
        }
        if expected.multisession {
            self.validate_multisession()?;
        }
        self.validate_role(expected)
    }

    /// Whether the peer tells sessions apart as we do: by the multiprotocol capability.
    fn validate_multisession(&self) -> Result<(), DecodeError> {
        if !multisession::answers(&self.capabilities) {
            return Err(error(9, "multisession is mandatory with this peer".to_owned()));
        }
        match multisession::foreign(&self.capabilities) {
            None => Ok(()),
            Some(code) => {
                let text = format!("when checking session id, capability {} did not match", code.0);
                Err(error(8, text))
            }
        }
    }

    /// RFC 9234 section 4.2: the roles of both sides must be those of one relationship.
    fn validate_role(&self, expected: &Expect) -> Result<(), DecodeError> {
        let Some(ours) = expected.role else { return Ok(()) };
        let name = |role: Role| role.name().map_or_else(|| format!("unknown ({})", role.0), str::to_owned);
        let mut roles = role::roles(self.values(CapCode::ROLE));
        let Some(theirs) = roles.next() else {
            return if expected.strict_role {
                Err(error(11, format!("a BGP role is required, ours is {}", name(ours))))
            } else {
                Ok(())
            };
        };
        if let Some(other) = roles.find(|other| *other != theirs) {
            return Err(error(11, format!("several BGP roles: {} and {}", name(theirs), name(other))));
        }
        if ours.pairs_with(theirs) {
            return Ok(());
        }
        Err(error(11, format!("the BGP role {} does not go with ours, {}", name(theirs), name(ours))))
    }

    /// Whether the speaker is in `wanted`, which for AS_TRANS is decided by the two-octet field.
    fn is_in(&self, wanted: Asn) -> bool {
        self.four_octet_asn() == wanted || (wanted == Asn::TRANS && self.asn == wanted.as2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cap::asn4;

    const EXPECT: Expect = Expect {
        peer_as: Some(Asn(65001)),
        local_as: Asn(65000),
        local_id: Ipv4Addr::new(10, 0, 0, 2),
        role: None,
        strict_role: false,
        multisession: false,
    };

    fn open(asn: u32) -> Open {
        Open::new(Asn(asn), 180, Ipv4Addr::new(10, 0, 0, 3), vec![asn4::encode(Asn(asn))])
    }

    /// Subcode and text of the answer; subcode 0 when all is well.
    fn verdict(open: &Open, expect: Expect) -> (u8, String) {
        match open.validate(&expect) {
            Ok(()) => (0, String::new()),
            Err(error) => {
                let notification = error.notification();
                assert_eq!(notification.code, 2);
                (notification.subcode, String::from_utf8(notification.data.to_vec()).unwrap())
            }
        }
    }

    fn subcode(open: &Open, peer_as: Option<u32>) -> u8 {
        verdict(open, Expect { peer_as: peer_as.map(Asn), ..EXPECT }).0
    }

    #[test]
    fn the_expected_peer_is_taken() {
        assert_eq!(subcode(&open(65001), Some(65001)), 0);
        assert_eq!(subcode(&open(65001), None), 0);
        assert_eq!(subcode(&open(4_200_000_000), Some(4_200_000_000)), 0);
        let without = Open { capabilities: vec![], ..open(65001) };
        assert_eq!(subcode(&without, Some(65001)), 0);
        // A short number behind AS_TRANS is odd but says clearly who it is.
        assert_eq!(subcode(&Open { asn: 23456, ..open(65001) }, Some(65001)), 0);
    }

    #[test]
    fn another_as_is_refused() {
        let text = "ASN in OPEN (65009) did not match ASN expected (65001)";
        assert_eq!(verdict(&open(65009), EXPECT), (2, text.to_owned()));
        let text = "ASN in OPEN (23456) did not match ASN expected (65001)";
        assert_eq!(verdict(&open(4_200_000_000), EXPECT), (2, text.to_owned()));
        // Field and capability disagree, whichever of the two is expected.
        let torn = Open { asn: 65001, ..open(65002) };
        for peer_as in [Some(65001), Some(65002), None] {
            assert_eq!(subcode(&torn, peer_as), 2, "{peer_as:?}");
        }
    }

    #[test]
    fn reserved_numbers_are_refused() {
        for peer_as in [Some(65001), Some(0), None] {
            assert_eq!(subcode(&open(0), peer_as), 2);
            assert_eq!(subcode(&Open { asn: 0, ..open(65001) }, peer_as), 2, "0 in the field");
            assert_eq!(subcode(&Open { asn: 65001, ..open(0) }, peer_as), 2, "0 in the capability");
            assert_eq!(subcode(&Open { asn: 23456, ..open(0) }, peer_as), 2, "0 behind AS_TRANS");
            assert_eq!(subcode(&open(23456), peer_as), 2, "AS_TRANS itself");
        }
        for zero in [Open { asn: 0, ..open(65001) }, Open { asn: 65001, ..open(0) }] {
            let text = verdict(&zero, Expect { peer_as: None, ..EXPECT }).1;
            assert_eq!(text, "ASN in OPEN is 0, which is reserved");
        }
        assert_eq!(subcode(&Open { capabilities: vec![], ..open(23456) }, None), 2);
        // A speaker of two octets knows its peer as AS_TRANS.
        assert_eq!(subcode(&open(4_200_000_000), Some(23456)), 0);
        assert_eq!(subcode(&Open { capabilities: vec![], ..open(23456) }, Some(23456)), 0);
    }

    #[test]
    fn identifiers() {
        let zero = Open { router_id: Ipv4Addr::UNSPECIFIED, ..open(65001) };
        assert_eq!(verdict(&zero, EXPECT), (3, "0.0.0.0 is an invalid router_id".to_owned()));
        let same = Open { router_id: EXPECT.local_id, ..open(65001) };
        assert_eq!(subcode(&same, Some(65001)), 0, "RFC 6286 allows it between ASes");
        let same = Open { router_id: EXPECT.local_id, ..open(65000) };
        let text = "BGP Identifier collision, same router-id (10.0.0.2) on both sides of this IBGP session";
        assert_eq!(verdict(&same, Expect { peer_as: Some(Asn(65000)), ..EXPECT }), (3, text.to_owned()));
        // RFC 6286: an identifier need not look like a host address.
        for id in
            [Ipv4Addr::BROADCAST, Ipv4Addr::new(224, 0, 0, 1), Ipv4Addr::LOCALHOST, Ipv4Addr::new(0, 0, 0, 1)]
        {
            assert_eq!(subcode(&Open { router_id: id, ..open(65001) }, Some(65001)), 0);
        }
    }

    #[test]
    fn hold_times() {
        for (hold_time, expected) in [(0, 0), (1, 6), (2, 6), (3, 0), (65535, 0)] {
            assert_eq!(subcode(&Open { hold_time, ..open(65001) }, Some(65001)), expected);
        }
        let text = "Hold Time is invalid (2)";
        assert_eq!(verdict(&Open { hold_time: 2, ..open(65001) }, EXPECT), (6, text.to_owned()));
    }

    #[test]
    fn the_first_failure_wins() {
        let all_wrong = Open { router_id: Ipv4Addr::UNSPECIFIED, hold_time: 1, ..open(65009) };
        assert_eq!(verdict(&all_wrong, EXPECT).0, 2);
        assert_eq!(subcode(&all_wrong, None), 3);
    }
}
