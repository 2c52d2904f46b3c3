//! `show adj-rib in|out`: one line per route, so that the caller can tell as many at a time as it has time for.

use bgp_wire::emit::{Emit as _, Spacing};
use bgp_wire::nlri::inet;
use bgp_wire::{Afi, Family, NlriRef, RouteAttributes, Safi};
use route_text::PeerName;

use crate::encode::JsonWriter;
use crate::route;

/// How a route is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RouteForm {
    /// Address of the peer, NLRI and next hop.
    Plain,
    /// The peer's whole name, and every attribute.
    Extensive,
    /// An object (`show-routes-format` v1).
    Json,
}

impl RouteForm {
    /// The form that the words of a command ask for.
    pub const fn new(extensive: bool, json: bool) -> Self {
        match (json, extensive) {
            (true, _) => Self::Json,
            (false, true) => Self::Extensive,
            (false, false) => Self::Plain,
        }
    }
}

/// Appends the line of one route.
pub fn route(
    peer: &PeerName,
    nlri: NlriRef<'_>,
    attributes: &RouteAttributes,
    form: RouteForm,
    out: &mut Vec<u8>,
) {
    match form {
        RouteForm::Plain => {
            let next_hop = attributes.next_hop();
            let next_hop = match next_hop {
                bgp_wire::NextHop::Unset => String::new(),
                _ => format!(" next-hop {next_hop}"),
            };
            out.extend_from_slice(format!("{} {} {nlri}{next_hop}\n", peer.peer, nlri.family).as_bytes());
        }
        RouteForm::Extensive => {
            let mut text = format!("{peer} {} {nlri}", nlri.family);
            route::attributes(attributes, &mut text);
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
        }
        RouteForm::Json => json(peer, nlri, out),
    }
}

/// `{"127.0.0.1": {"routes": [{"prefix": "10.1.0.0/24", "family": "ipv4 unicast"}]}}`
fn json(peer: &PeerName, nlri: NlriRef<'_>, out: &mut Vec<u8>) {
    let mut w = JsonWriter::new(out);
    w.begin_object(Spacing::Tight);
    w.key(&peer.peer.to_string());
    w.begin_object(Spacing::Tight);
    w.key("routes");
    w.begin_list(Spacing::Tight);
    w.begin_object(Spacing::Tight);
    if is_prefix(nlri.family) {
        let (address, length) = inet::prefix(nlri);
        w.key("prefix");
        w.prefix(address, length);
    } else {
        w.key("nlri");
        w.display(&nlri);
    }
    w.key("family");
    w.display(&nlri.family);
    if let Some(id) = nlri.path_id {
        w.key("path-information");
        w.address(std::net::Ipv4Addr::from(id).into());
    }
    w.end_object();
    w.end_list();
    w.end_object();
    w.end_object();
    out.push(b'\n');
}

/// Whether the NLRI of a family are nothing but prefixes.
fn is_prefix(family: Family) -> bool {
    matches!(family.afi, Afi::IPV4 | Afi::IPV6) && matches!(family.safi, Safi::UNICAST | Safi::MULTICAST)
}

#[cfg(test)]
mod tests {
    use bgp_wire::Asn;
    use route_text::{FamilyAllowed, Words, parse_route};

    use super::*;

    fn line(text: &str, form: RouteForm) -> String {
        let peer = PeerName {
            peer: "127.0.0.1".parse().unwrap(),
            range: None,
            local: Some("127.0.0.1".parse().unwrap()),
            local_as: Some(Asn(65000)),
            peer_as: Some(Asn(65000)),
            router_id: Some([10, 0, 0, 2].into()),
            family_allowed: FamilyAllowed::InOpen,
        };
        let routes = parse_route(&mut Words::new(text), route_text::Action::Withdraw).unwrap();
        let mut out = Vec::new();
        route(&peer, routes.nlris[0].as_ref(), &routes.clause.attributes, form, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn routes_are_told_as_in_the_original() {
        let text = "10.1.0.0/24 next-hop 10.0.0.2 med 5";
        assert_eq!(line(text, RouteForm::Plain), "127.0.0.1 ipv4 unicast 10.1.0.0/24 next-hop 10.0.0.2\n");
        assert_eq!(
            line(text, RouteForm::Extensive),
            "neighbor 127.0.0.1 local-ip 127.0.0.1 local-as 65000 peer-as 65000 router-id 10.0.0.2 \
             family-allowed in-open ipv4 unicast 10.1.0.0/24 next-hop 10.0.0.2 med 5\n"
        );
        assert_eq!(
            line(text, RouteForm::Json),
            "{\"127.0.0.1\": {\"routes\": [{\"prefix\": \"10.1.0.0/24\", \"family\": \"ipv4 unicast\"}]}}\n"
        );
        assert_eq!(line("10.1.0.0/24", RouteForm::Plain), "127.0.0.1 ipv4 unicast 10.1.0.0/24\n");
        let path = "2001:db8::/32 next-hop ::1 path-information 0.0.0.7";
        assert!(line(path, RouteForm::Json).contains("\"path-information\": \"0.0.0.7\"}"));
    }
}
