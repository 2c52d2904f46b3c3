//! An address or a network of the command line.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network without host bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    /// Its first address.
    pub address: IpAddr,
    /// Bits that all its addresses have in common.
    pub length: u8,
}

impl Network {
    const fn bits(address: IpAddr) -> u8 {
        if address.is_ipv4() { 32 } else { 128 }
    }

    /// A network of one address.
    pub const fn host(address: IpAddr) -> Self {
        Self { address, length: Self::bits(address) }
    }

    fn number(self) -> u128 {
        match self.address {
            IpAddr::V4(v4) => v4.to_bits().into(),
            IpAddr::V6(v6) => v6.to_bits(),
        }
    }

    /// Every address of it, each as a network; at most 65,536 of them.
    pub fn addresses(self) -> impl Iterator<Item = Self> {
        let host_bits = u32::from(Self::bits(self.address).saturating_sub(self.length)).min(16);
        let first = self.number();
        let v4 = self.address.is_ipv4();
        (0..1u128 << host_bits).map(move |n| {
            let number = first.wrapping_add(n);
            Self::host(match u32::try_from(number) {
                Ok(number) if v4 => Ipv4Addr::from_bits(number).into(),
                _ => Ipv6Addr::from_bits(number).into(),
            })
        })
    }

    /// Whether it is of those that never leave a machine.
    pub const fn is_loopback(self) -> bool {
        self.address.is_loopback()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| "not an IP address or network".to_owned())?;
        let bits = Self::bits(address);
        let length = length.map_or(Ok(bits), str::parse).ok().filter(|l| *l <= bits);
        let network = Self { address, length: length.ok_or("not a prefix length")? };
        let host_bits = u32::from(bits.saturating_sub(network.length));
        if network.number() & 1u128.checked_shl(host_bits).unwrap_or(0).wrapping_sub(1) != 0 {
            return Err("the address has bits behind the prefix".to_owned());
        }
        Ok(network)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_no_host_bits() {
        assert_eq!("10.0.0.1".parse::<Network>().unwrap().to_string(), "10.0.0.1/32");
        assert_eq!("2001:db8::/32".parse::<Network>().unwrap().to_string(), "2001:db8::/32");
        for wrong in ["10.0.0.1/24", "10.0.0.0/33", "10.0.0", "::1/64", ""] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
        assert!("::/0".parse::<Network>().is_ok());
    }

    #[test]
    fn a_network_is_its_addresses() {
        let all: Vec<String> =
            "10.0.0.4/30".parse::<Network>().unwrap().addresses().map(|n| n.to_string()).collect();
        assert_eq!(all, ["10.0.0.4/32", "10.0.0.5/32", "10.0.0.6/32", "10.0.0.7/32"]);
        assert_eq!("::4/127".parse::<Network>().unwrap().addresses().count(), 2);
    }
}
