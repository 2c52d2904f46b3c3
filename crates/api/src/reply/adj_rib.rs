//! `show adj-rib in|out`: one line per route, so that the caller can tell as many at a time as it has time for.

mod v2;

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
    /// An object with the attributes as text (`show-routes-format` v2).
    JsonV2,
}

impl RouteForm {
    /// The form that the words of a command ask for; `second` is about JSON.
    pub const fn new(extensive: bool, json: bool, second: bool) -> Self {
        match (json, second, extensive) {
            (true, true, _) => Self::JsonV2,
            (true, false, _) => Self::Json,
            (false, _, true) => Self::Extensive,
            (false, _, false) => Self::Plain,
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
        RouteForm::JsonV2 => v2::write(peer, nlri, attributes, out),
    }
}

/// What has become of a route for a peer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Status<'a> {
    /// It waits for the session, or for its turn.
    Pending,
    /// It was handed to the socket, at this time if it is known: seconds since 1970.
    Sent(Option<f64>),
    /// It can't be sent on this session, and why.
    Refused(&'a str),
    /// It was sent or refused: more were refused than are remembered.
    Uncertain,
}

/// Adds to the line of a route what has become of it: words at its end, or members of the object.
pub fn status(status: Status<'_>, out: &mut Vec<u8>) {
    let word = match status {
        Status::Pending => "pending",
        Status::Sent(_) => "sent",
        Status::Refused(_) => "refused",
        Status::Uncertain => "uncertain",
    };
    let time = match status {
        Status::Sent(Some(time)) => Some(format!("{time:.3}")),
        _ => None,
    };
    if out.last() == Some(&b'\n') {
        out.pop();
    }
    let object = out.last() == Some(&b'}');
    if object {
        out.pop();
        out.extend_from_slice(format!(", \"status\": \"{word}\"").as_bytes());
        if let Some(time) = time {
            out.extend_from_slice(format!(", \"at\": {time}").as_bytes());
        }
        if let Status::Refused(reason) = status {
            out.extend_from_slice(b", \"reason\": ");
            JsonWriter::new(out).text(reason);
        }
        out.extend_from_slice(b"}\n");
        return;
    }
    out.extend_from_slice(format!(" {word}").as_bytes());
    if let Some(time) = time {
        out.extend_from_slice(format!(" {time}").as_bytes());
    }
    if let Status::Refused(reason) = status {
        out.extend_from_slice(format!(" ({reason})").as_bytes());
    }
    out.push(b'\n');
}

/// What is reachable: a prefix where it is one, else the words of the route.
fn write_nlri(nlri: NlriRef<'_>, w: &mut JsonWriter<'_>) {
    if is_prefix(nlri.family) {
        let (address, length) = inet::prefix(nlri);
        w.key("prefix");
        w.prefix(address, length);
    } else {
        w.key("nlri");
        w.display(&nlri);
    }
}

/// The path identifier (RFC 7911), if there is one.
fn write_path_id(nlri: NlriRef<'_>, w: &mut JsonWriter<'_>) {
    if let Some(id) = nlri.path_id {
        w.key("path-information");
        w.address(std::net::Ipv4Addr::from(id).into());
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
    write_nlri(nlri, &mut w);
    w.key("family");
    w.display(&nlri.family);
    write_path_id(nlri, &mut w);
    w.end_object();
    w.end_list();
    w.end_object();
    w.end_object();
    out.push(b'\n');
}

/// Whether the NLRI of a family are nothing but prefixes.
pub(crate) fn is_prefix(family: Family) -> bool {
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
    fn what_has_become_of_it_stands_at_the_end() {
        for (line, what, wanted) in [
            ("a route\n", Status::Pending, "a route pending\n"),
            ("a route\n", Status::Sent(Some(12.3456)), "a route sent 12.346\n"),
            ("a route\n", Status::Refused("too long"), "a route refused (too long)\n"),
            ("{\"a\": {}}\n", Status::Sent(None), "{\"a\": {}, \"status\": \"sent\"}\n"),
            ("{\"a\": {}}\n", Status::Sent(Some(2.0)), "{\"a\": {}, \"status\": \"sent\", \"at\": 2.000}\n"),
            (
                "{\"a\": {}}\n",
                Status::Refused("a \"b\""),
                "{\"a\": {}, \"status\": \"refused\", \"reason\": \"a \\\"b\\\"\"}\n",
            ),
            ("{}\n", Status::Uncertain, "{, \"status\": \"uncertain\"}\n"),
        ] {
            let mut out = line.as_bytes().to_vec();
            status(what, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), wanted);
        }
    }

    #[test]
    fn the_second_form_has_attributes_as_text() {
        let route = "10.12.0.0/24 next-hop 10.0.0.2 as-path [ 1 2 ] med 5 atomic-aggregate aggregator ( 65000:1.1.1.1 ) \
                     community [ 1:1 no-export ] originator-id 1.1.1.1 cluster-list [ 2.2.2.2 ] \
                     extended-community [ target:1:1 ] large-community [ 1:2:3 ] attribute [ 0x63 0xC0 0x0102 ]";
        assert_eq!(
            line(route, RouteForm::JsonV2),
            "{\"peer\": {\"address\": \"127.0.0.1\"}, \"route\": {\"nlri\": {\"prefix\": \"10.12.0.0/24\", \
             \"nexthop\": \"10.0.0.2\", \"family\": {\"afi\": \"ipv4\", \"safi\": \"unicast\"}}, \"attributes\": \
             {\"as-path\": {\"0\": {\"element\": \"as-sequence\", \"value\": [1, 2]}}, \"med\": 5, \
             \"atomic-aggregate\": true, \"aggregator\": \"65000:1.1.1.1\", \"community\": [\"1:1\", \"no-export\"], \
             \"originator-id\": \"1.1.1.1\", \"cluster-list\": [\"2.2.2.2\"], \
             \"extended-community\": [\"target:1:1\"], \"large-community\": [\"1:2:3\"], \
             \"attribute-0x63-0xC0\": \"0x0102\"}}}\n"
        );
        assert_eq!(
            line("10.12.0.0/24", RouteForm::JsonV2),
            "{\"peer\": {\"address\": \"127.0.0.1\"}, \"route\": {\"nlri\": {\"prefix\": \"10.12.0.0/24\", \
             \"nexthop\": null, \"family\": {\"afi\": \"ipv4\", \"safi\": \"unicast\"}}, \"attributes\": {}}}\n"
        );
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
