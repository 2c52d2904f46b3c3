//! `family { … }`, `add-path { … }` and `nexthop { … }`: lists of families.

use bgp_wire::{Afi, Family};

use crate::conf::lexer::Statement;
use crate::conf::reader::Reader;
use crate::conf::values;
use crate::diag::{At, Diag, Span};
use crate::raw::Body;

/// `AFI SAFI …`, and how many words it has. Reports what is wrong.
fn pair<'a>(reader: &mut Reader<'a, '_>, s: &Statement<'a>) -> Option<At<Family>> {
    let keyword = match s.keyword() {
        // 3.4 called IPv4 so.
        "inet" | "inet4" => "ipv4",
        "inet6" => "ipv6",
        keyword => keyword,
    };
    if !values::afis().contains(&keyword) {
        reader.unknown(s, &values::afis());
        return None;
    }
    if keyword != s.keyword() {
        let at = reader.keyword_at(s);
        reader.diags.push(
            Diag::warning(format!("{} is 3.4's name of {keyword}", s.keyword()), at)
                .hint(format!("write {keyword}")),
        );
    }
    let words = s.words();
    let Some(word) = words.get(1) else {
        let at = reader.keyword_at(s);
        reader.diags.push(
            Diag::error(format!("{keyword} needs a second word"), at)
                .hint(format!("as in {keyword} {};", if keyword == "l2vpn" { "evpn" } else { "unicast" })),
        );
        return None;
    };
    let section = reader.section();
    let family = reader.read(section, word, |value| values::safi(keyword, value))?;
    Some(At::new(family.value, Span { start: reader.keyword_at(s).start, end: family.at.end }))
}

/// Adds to a list that several sections of one kind make together.
fn extend<T: PartialEq>(list: &mut Option<At<Vec<At<T>>>>, more: Vec<At<T>>, at: Span) {
    let list = list.get_or_insert_with(|| At::new(Vec::new(), at));
    for item in more {
        // The same family in a second section is no mistake.
        if !list.value.iter().any(|known| known.value == item.value) {
            list.value.push(item);
        }
    }
}

/// Adds to the list of one section; says when it is there already.
fn push<T: PartialEq>(reader: &mut Reader<'_, '_>, list: &mut Vec<At<T>>, item: At<T>) {
    match list.iter().find(|known| known.value == item.value) {
        Some(first) => reader.diags.push(
            Diag::error("this family is there twice", item.at)
                .related(first.at, "the first")
                .hint("remove one"),
        ),
        None => list.push(item),
    }
}

/// `family { AFI SAFI; … }`, or `all;`, which is what leaving the section out means too.
pub(super) fn families<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body) {
    let at = reader.keyword_at(header);
    let mut list: Vec<At<Family>> = Vec::new();
    let mut all = None;
    reader.block("family", header, |reader, s| {
        if s.keyword() == "all" {
            let at = reader.keyword_at(s);
            if let Some(first) = list.first() {
                reader.diags.push(
                    Diag::warning("all is ignored: families were listed before it", at)
                        .related(first.at, "the first")
                        .hint("leave one of them out"),
                );
            }
            all = Some(at);
            return;
        }
        let Some(family) = pair(reader, s) else { return };
        reader.no_more(&s.words(), 2);
        if let (Some(all), true) = (all, list.is_empty()) {
            reader.diags.push(
                Diag::error("no family can be added after all", family.at)
                    .related(all, "all of them")
                    .hint("leave one of them out"),
            );
            return;
        }
        push(reader, &mut list, family);
    });
    if !list.is_empty() {
        extend(&mut body.families, list, at);
    }
}

/// `add-path { AFI SAFI [limit N]; … }`
pub(super) fn add_path<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body) {
    let at = reader.keyword_at(header);
    let mut list = Vec::new();
    reader.block("add-path", header, |reader, s| {
        let Some(family) = pair(reader, s) else { return };
        let words = s.words();
        match words.get(2) {
            Some(limit) if limit.is("limit") => {
                let number = words.get(3).and_then(|word| word.text.parse().ok()).filter(|n: &u16| *n > 0);
                let at = reader.at(limit);
                match number {
                    Some(number) => {
                        let limits = body.paths_limits.get_or_insert_with(|| At::new(Vec::new(), at));
                        limits.value.push(At::new((family.value, number), at));
                    }
                    None => reader.diags.push(
                        Diag::error("limit has no number of paths", at).hint("1 to 65535, as in limit 10"),
                    ),
                }
                reader.no_more(&words, 4);
            }
            _ => reader.no_more(&words, 2),
        }
        push(reader, &mut list, family);
    });
    extend(&mut body.add_path_families, list, at);
}

/// `nexthop { AFI SAFI AFI; … }` (RFC 8950)
pub(super) fn next_hops<'a>(reader: &mut Reader<'a, '_>, header: &Statement<'a>, body: &mut Body) {
    let at = reader.keyword_at(header);
    let mut list: Vec<At<(Family, Afi)>> = Vec::new();
    reader.block("nexthop", header, |reader, s| {
        let Some(family) = pair(reader, s) else { return };
        let words = s.words();
        let Some(word) = words.get(2) else {
            reader.diags.push(
                Diag::error("the address family of the next hop is missing", family.at)
                    .hint("as in ipv4 unicast ipv6;"),
            );
            return;
        };
        if !matches!(
            family.value.safi,
            bgp_wire::Safi::UNICAST
                | bgp_wire::Safi::MULTICAST
                | bgp_wire::Safi::NLRI_MPLS
                | bgp_wire::Safi::MPLS_VPN
        ) {
            reader.diags.push(
                Diag::error(format!("{} has no next hop of another address family", family.value), family.at)
                    .hint("unicast, multicast, nlri-mpls or mpls-vpn"),
            );
            return;
        }
        let Some(afi) = reader.read("nexthop", word, |value| values::next_hop_afi(family.value, value))
        else {
            return;
        };
        reader.no_more(&words, 3);
        push(reader, &mut list, At::new((family.value, afi.value), family.at));
    });
    extend(&mut body.next_hop_families, list, at);
}
