//! Other forms of the generated table, so that nothing is tuned to one of them.

use super::table::{self, NEXT_HOP};
use clap::ValueEnum;
use std::{
    fmt::Write as _,
    io::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
};

/// How the routes of the table are said.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Shape {
    /// In order, 8 to 10 neighbouring routes share an attribute set
    #[default]
    Table,
    /// Every route has an attribute set of its own
    Unique,
    /// All routes have the same attribute set
    Same,
    /// The table in no order
    Random,
    /// Each route announced, withdrawn and announced again
    Flapping,
    /// `announce attributes ... nlri`, a line for each set
    Grouped,
    /// The table as IPv6 prefixes
    Ipv6,
}

/// The IPv6 prefix that stands for an IPv4 one: 16 fixed bits in front.
pub const IPV6: u16 = 0x2a00;

/// The first `count` routes as commands.
pub fn lines(shape: Shape, count: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(count as usize * 140);
    match shape {
        Shape::Table => return table::lines(count, "announce", 65000, 0),
        Shape::Grouped => grouped(count, &mut out),
        _ => (0..count).for_each(|i| one(shape, i, count, &mut out)),
    }
    out
}

fn one(shape: Shape, i: u32, count: u32, out: &mut Vec<u8>) {
    let i = if shape == Shape::Random { scattered(i, count) } else { i };
    let (address, length) = table::prefix(i);
    let prefix = Ipv4Addr::from(address);
    let set = match shape {
        Shape::Unique => i,
        Shape::Same => 0,
        _ => table::set_of(i),
    };
    let clause = table::words(&table::set(set, 65000, 0));
    // Writing into a vector can't fail.
    let _ = match shape {
        Shape::Ipv6 => {
            let [a, b] = [address >> 16, address & 0xffff].map(|n| u16::try_from(n).unwrap_or_default());
            let prefix = Ipv6Addr::new(IPV6, a, b, 0, 0, 0, 0, 0);
            let clause = clause.replacen(&NEXT_HOP.to_string(), "2001:db8::1", 1);
            writeln!(out, "announce route {prefix}/{} {clause}", length + 16)
        }
        Shape::Flapping => writeln!(
            out,
            "announce route {prefix}/{length} {clause}\nwithdraw route {prefix}/{length} {clause}\n\
             announce route {prefix}/{length} {clause}"
        ),
        _ => writeln!(out, "announce route {prefix}/{length} {clause}"),
    };
}

fn grouped(count: u32, out: &mut Vec<u8>) {
    for set in 0..=table::set_of(count.saturating_sub(1)) {
        let mut line = format!("announce attributes {} nlri", table::words(&table::set(set, 65000, 0)));
        for i in table::routes_of(set).filter(|i| *i < count) {
            let (address, length) = table::prefix(i);
            let _ = write!(line, " {}/{length}", Ipv4Addr::from(address));
        }
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }
}

/// Each number below `count` once, in an order without system.
fn scattered(i: u32, count: u32) -> u32 {
    // A prime that divides no count in use, so multiples of it visit every number.
    let place = u64::from(i) * 7_368_787 % u64::from(count);
    u32::try_from(place).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_order_leaves_nothing_out() {
        for count in [10, 999, 10_000] {
            let mut all: Vec<u32> = (0..count).map(|i| scattered(i, count)).collect();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..count));
        }
    }

    #[test]
    fn every_shape_says_every_route() {
        let text = |shape| String::from_utf8(lines(shape, 30)).unwrap();
        for shape in [Shape::Table, Shape::Unique, Shape::Same, Shape::Random, Shape::Ipv6] {
            assert_eq!(
                text(shape).lines().filter(|l| l.starts_with("announce route ")).count(),
                30,
                "{shape:?}"
            );
        }
        assert_eq!(text(Shape::Flapping).lines().count(), 90);
        let grouped = text(Shape::Grouped);
        assert_eq!(
            grouped.lines().filter_map(|l| l.rsplit(" nlri ").next()).flat_map(str::split_whitespace).count(),
            30
        );
        let first = format!(
            "announce route 2a00:100::/{} next-hop 2001:db8::1 as-path [ 65000 ",
            table::prefix(0).1 + 16
        );
        assert!(text(Shape::Ipv6).starts_with(&first), "{}", text(Shape::Ipv6));
    }
}
