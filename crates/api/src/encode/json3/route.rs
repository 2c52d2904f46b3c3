//! A route as a member of an object: its prefix is the key, what else there is to say about it the value.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};

use bgp_wire::emit::{Emit, HexCase, Spacing};
use bgp_wire::nlri::NlriRef;
use bgp_wire::{Afi, Safi};

use crate::encode::writer::JsonWriter;

/// Appends one route. Those that have no prefix to be named by are numbered: `flow-1`.
pub(super) fn write(nlri: NlriRef<'_>, unique: &mut u64, w: &mut JsonWriter<'_>) {
    let kind = match (nlri.family.afi, nlri.family.safi) {
        (_, Safi::FLOW | Safi::FLOW_VPN) => "flow",
        (Afi::L2VPN, Safi::VPLS) => "vpls",
        (Afi::L2VPN, Safi::EVPN) => "evpn",
        _ => "route",
    };
    nlri.emit(&mut Member { w, kind, unique, path_id: nlri.path_id, depth: 0, at: At::Start, labels: false });
}

/// Where the value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Nothing was said yet.
    Start,
    /// The prefix comes next; it is the key.
    Prefix,
    /// The member is open.
    Inside,
}

/// Turns the object that a route describes itself by into a member of the object around it.
struct Member<'m, 'b> {
    w: &'m mut JsonWriter<'b>,
    kind: &'static str,
    unique: &'m mut u64,
    path_id: Option<u32>,
    depth: u32,
    at: At,
    /// Inside of the list of labels, whose labels are numbers here.
    labels: bool,
}

impl Member<'_, '_> {
    /// Opens the member under a number of its own.
    fn numbered(&mut self) {
        *self.unique = self.unique.wrapping_add(1);
        self.w.key(&format!("{}-{}", self.kind, self.unique));
        self.w.begin_object(Spacing::Wide);
        self.at = At::Inside;
    }
}

impl Emit for Member<'_, '_> {
    fn begin_object(&mut self, spacing: Spacing) {
        self.depth = self.depth.saturating_add(1);
        if self.depth > 1 {
            self.w.begin_object(spacing);
        }
    }

    fn end_object(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 && self.at != At::Inside {
            self.numbered();
        }
        self.w.end_object();
    }

    fn begin_list(&mut self, spacing: Spacing) {
        if !self.labels {
            self.w.begin_list(spacing);
        }
        self.depth = self.depth.saturating_add(1);
    }

    fn end_list(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        // The list of labels itself stands at depth 1.
        if !self.labels || self.depth == 1 {
            self.labels = false;
            self.w.end_list();
        }
    }

    fn key(&mut self, key: &str) {
        match (self.at, key) {
            (At::Start, "nlri") => {
                self.at = At::Prefix;
                return;
            }
            (At::Start | At::Prefix, _) => self.numbered(),
            (At::Inside, _) => {}
        }
        if self.depth > 1 {
            return self.w.key(key);
        }
        match key {
            "rd" => self.w.key("route-distinguisher"),
            "label" => {
                self.w.key("label");
                self.w.begin_list(Spacing::Wide);
                self.labels = true;
            }
            _ => self.w.key(key),
        }
    }

    fn text(&mut self, value: &str) {
        self.w.text(value);
    }

    fn number(&mut self, value: u64) {
        self.w.number(value);
    }

    fn large_number(&mut self, digits: &dyn Display) {
        self.w.large_number(digits);
    }

    fn boolean(&mut self, value: bool) {
        self.w.boolean(value);
    }

    fn null(&mut self) {
        self.w.null();
    }

    fn hex(&mut self, prefix: &str, bytes: &[u8], case: HexCase) {
        self.w.hex(prefix, bytes, case);
    }

    fn display(&mut self, value: &dyn Display) {
        self.w.display(value);
    }

    fn address(&mut self, value: IpAddr) {
        self.w.address(value);
    }

    fn prefix(&mut self, address: IpAddr, length: u8) {
        if self.at != At::Prefix {
            return self.w.prefix(address, length);
        }
        self.at = At::Inside;
        let key = match self.path_id {
            None => format!("{address}/{length}"),
            Some(id) => format!("{address}/{length} {}", Ipv4Addr::from(id)),
        };
        self.w.key(&key);
        self.w.begin_object(Spacing::Wide);
    }
}
