//! Prefixes that `show adj-rib` is limited to.

use std::net::IpAddr;
use std::str::FromStr;

use bgp_wire::NlriRef;
use bgp_wire::nlri::inet;

use crate::reply::adj_rib::is_prefix;

/// One prefix, or all that it covers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PrefixFilter {
    address: IpAddr,
    length: u8,
    /// Also the more specific ones.
    pub longer: bool,
}

impl FromStr for PrefixFilter {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, length) = text.split_once('/').ok_or(())?;
        let address: IpAddr = address.parse().map_err(drop)?;
        let length: u8 = length.parse().map_err(drop)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        if length > most { Err(()) } else { Ok(Self { address, length, longer: false }) }
    }
}

/// The leading bits of an address.
fn head(address: IpAddr, length: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32u8),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    bits.checked_shr(width.saturating_sub(length).into()).unwrap_or(0)
}

impl PrefixFilter {
    /// Whether a route is shown. What is no plain prefix never is.
    pub fn matches(&self, nlri: NlriRef<'_>) -> bool {
        if !is_prefix(nlri.family) {
            return false;
        }
        let (address, length) = inet::prefix(nlri);
        let near = if self.longer { length >= self.length } else { length == self.length };
        near && address.is_ipv4() == self.address.is_ipv4()
            && head(address, self.length) == head(self.address, self.length)
    }
}

#[cfg(test)]
mod tests {
    use route_text::{Action, Words, parse_route};

    use super::*;

    fn shown(filter: &str, longer: bool, prefix: &str) -> bool {
        let filter = PrefixFilter { longer, ..filter.parse().unwrap() };
        let routes = parse_route(&mut Words::new(prefix), Action::Withdraw).unwrap();
        filter.matches(routes.nlris[0].as_ref())
    }

    #[test]
    fn exactly_one_or_all_below_it() {
        assert!(shown("10.0.0.0/8", false, "10.0.0.0/8"));
        assert!(!shown("10.0.0.0/8", false, "10.0.0.0/9"));
        assert!(shown("10.0.0.0/8", true, "10.255.0.0/16"));
        assert!(!shown("10.0.0.0/8", true, "11.0.0.0/16"));
        assert!(!shown("10.0.0.0/8", true, "10.0.0.0/7"));
        assert!(shown("0.0.0.0/0", true, "192.0.2.1/32") && !shown("0.0.0.0/0", true, "::/0"));
        assert!(shown("2001:db8::/32", true, "2001:db8:1::/48"));
        assert!(shown("::/0", true, "2001:db8::1/128"));
        assert!("10.0.0.0/33".parse::<PrefixFilter>().is_err());
    }
}
