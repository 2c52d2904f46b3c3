//! Code points as open types: known numbers print their names, unknown ones are carried and print as numbers.

use std::fmt;

/// Declares an open code-point newtype with its known names.
macro_rules! code_points {
    ($(#[$meta:meta])* $name:ident($repr:ty), unknown $unknown:literal {
        $($(#[$vmeta:meta])* $konst:ident = $value:literal => $text:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $repr);

        impl $name {
            $($(#[$vmeta])* pub const $konst: Self = Self($value);)+

            /// Every code point known by name.
            pub const KNOWN: &'static [Self] = &[$(Self($value)),+];

            /// The name of a known code point.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)+
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, $unknown, self.0),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", self, self.0)
            }
        }
    };
}

code_points! {
    /// Address family identifier (RFC 4760 section 9, IANA "Address Family Numbers").
    Afi(u16), unknown "unknown-afi-{:#x}" {
        /// IPv4.
        IPV4 = 1 => "ipv4",
        /// IPv6.
        IPV6 = 2 => "ipv6",
        /// Layer 2 VPN (RFC 4761).
        L2VPN = 25 => "l2vpn",
        /// BGP-LS (RFC 9552).
        BGP_LS = 16388 => "bgp-ls",
    }
}

code_points! {
    /// Subsequent address family identifier (RFC 4760 section 6, IANA "SAFI Values").
    Safi(u8), unknown "unknown safi {}" {
        /// Unicast.
        UNICAST = 1 => "unicast",
        /// Multicast RPF.
        MULTICAST = 2 => "multicast",
        /// Labelled unicast (RFC 8277).
        NLRI_MPLS = 4 => "nlri-mpls",
        /// Multicast VPN (RFC 6514).
        MCAST_VPN = 5 => "mcast-vpn",
        /// VPLS (RFC 4761).
        VPLS = 65 => "vpls",
        /// EVPN (RFC 7432).
        EVPN = 70 => "evpn",
        /// BGP-LS (RFC 9552).
        BGP_LS = 71 => "bgp-ls",
        /// BGP-LS with route distinguishers (RFC 9552).
        BGP_LS_VPN = 72 => "bgp-ls-vpn",
        /// SR policy (RFC 9830).
        SR_POLICY = 73 => "sr-policy",
        /// Mobile user plane (draft-ietf-bess-mup-safi).
        MUP = 85 => "mup",
        /// MPLS-labelled VPN (RFC 4364).
        MPLS_VPN = 128 => "mpls-vpn",
        /// Route target constraint (RFC 4684).
        RTC = 132 => "rtc",
        /// Flow specification (RFC 8955).
        FLOW = 133 => "flow",
        /// Flow specification for VPNs (RFC 8955).
        FLOW_VPN = 134 => "flow-vpn",
    }
}

code_points! {
    /// BGP message type (RFC 4271 section 4.1).
    MessageType(u8), unknown "{}" {
        /// OPEN.
        OPEN = 1 => "open",
        /// UPDATE.
        UPDATE = 2 => "update",
        /// NOTIFICATION.
        NOTIFICATION = 3 => "notification",
        /// KEEPALIVE.
        KEEPALIVE = 4 => "keepalive",
        /// ROUTE-REFRESH (RFC 2918).
        ROUTE_REFRESH = 5 => "route-refresh",
        /// OPERATIONAL (draft-ietf-idr-operational-message).
        OPERATIONAL = 6 => "operational",
    }
}

code_points! {
    /// Path attribute type code (RFC 4271 section 5, IANA "BGP Path Attributes").
    AttrCode(u8), unknown "attribute-{:#04x}" {
        /// ORIGIN.
        ORIGIN = 1 => "origin",
        /// AS_PATH.
        AS_PATH = 2 => "as-path",
        /// NEXT_HOP.
        NEXT_HOP = 3 => "next-hop",
        /// MULTI_EXIT_DISC.
        MED = 4 => "med",
        /// LOCAL_PREF.
        LOCAL_PREF = 5 => "local-preference",
        /// ATOMIC_AGGREGATE.
        ATOMIC_AGGREGATE = 6 => "atomic-aggregate",
        /// AGGREGATOR.
        AGGREGATOR = 7 => "aggregator",
        /// COMMUNITIES (RFC 1997).
        COMMUNITY = 8 => "community",
        /// ORIGINATOR_ID (RFC 4456).
        ORIGINATOR_ID = 9 => "originator-id",
        /// CLUSTER_LIST (RFC 4456).
        CLUSTER_LIST = 10 => "cluster-list",
        /// MP_REACH_NLRI (RFC 4760).
        MP_REACH = 14 => "mp-reach-nlri",
        /// MP_UNREACH_NLRI (RFC 4760).
        MP_UNREACH = 15 => "mp-unreach-nlri",
        /// EXTENDED COMMUNITIES (RFC 4360).
        EXTENDED_COMMUNITY = 16 => "extended-community",
        /// AS4_PATH (RFC 6793).
        AS4_PATH = 17 => "as4-path",
        /// AS4_AGGREGATOR (RFC 6793).
        AS4_AGGREGATOR = 18 => "as4-aggregator",
        /// PMSI tunnel (RFC 6514).
        PMSI = 22 => "pmsi",
        /// Tunnel encapsulation (RFC 9012).
        TUNNEL_ENCAP = 23 => "tunnel-encap",
        /// IPV6 EXTENDED COMMUNITIES (RFC 5701).
        IPV6_EXTENDED_COMMUNITY = 25 => "extended-community-ipv6",
        /// AIGP (RFC 7311).
        AIGP = 26 => "aigp",
        /// BGP-LS (RFC 9552).
        BGP_LS = 29 => "bgp-ls",
        /// LARGE COMMUNITY (RFC 8092).
        LARGE_COMMUNITY = 32 => "large-community",
        /// Only to customer (RFC 9234).
        OTC = 35 => "otc",
        /// BGP prefix-SID (RFC 8669).
        PREFIX_SID = 40 => "bgp-prefix-sid",
    }
}

code_points! {
    /// Capability code (RFC 5492, IANA "Capability Codes"); the names are those of a sent OPEN in the JSON events.
    CapCode(u8), unknown "unknown capability {}" {
        /// Multiprotocol extensions (RFC 4760).
        MULTIPROTOCOL = 1 => "multiprotocol",
        /// Route refresh (RFC 2918).
        ROUTE_REFRESH = 2 => "route-refresh",
        /// Extended next hop encoding (RFC 8950).
        NEXTHOP = 5 => "nexthop",
        /// Extended messages (RFC 8654).
        EXTENDED_MESSAGE = 6 => "extended-message",
        /// BGP role (RFC 9234).
        ROLE = 9 => "role",
        /// Graceful restart (RFC 4724).
        GRACEFUL_RESTART = 64 => "graceful-restart",
        /// Four-octet AS numbers (RFC 6793).
        ASN4 = 65 => "asn4",
        /// Several sessions, one per group of families (draft-ietf-idr-bgp-multisession).
        MULTISESSION = 68 => "multi-session",
        /// Multiple paths (RFC 7911).
        ADD_PATH = 69 => "add-path",
        /// Enhanced route refresh (RFC 7313).
        ENHANCED_ROUTE_REFRESH = 70 => "enhanced-route-refresh",
        /// Long-lived graceful restart (RFC 9494).
        LONG_LIVED_RESTART = 71 => "long-lived-graceful-restart",
        /// Host name (draft-walton-bgp-hostname-capability).
        HOSTNAME = 73 => "hostname",
        /// Software version (draft-abraitis-bgp-version-capability).
        SOFTWARE_VERSION = 75 => "software-version",
        /// Limit of paths per prefix (draft-abraitis-idr-addpath-paths-limit).
        PATHS_LIMIT = 76 => "paths-limit",
        /// Link-local next hops (draft-ietf-idr-linklocal-capability).
        LINK_LOCAL_NEXTHOP = 77 => "link-local-nexthop",
        /// Route refresh as Cisco first numbered it.
        CISCO_ROUTE_REFRESH = 128 => "cisco-route-refresh",
        /// Several sessions as Cisco first numbered it; the name is misspelt where scripts read it.
        CISCO_MULTISESSION = 131 => "cisco-multi-sesion",
        /// OPERATIONAL messages (draft-ietf-idr-operational-message).
        OPERATIONAL = 185 => "operational",
    }
}

/// An autonomous system number, four octets (RFC 6793).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Asn(pub u32);

impl Asn {
    /// AS_TRANS, which stands for a large AS number where only two octets fit (RFC 6793 section 9).
    pub const TRANS: Self = Self(23456);

    /// The number in two octets, AS_TRANS when it does not fit.
    pub fn as2(self) -> u16 {
        u16::try_from(self.0).unwrap_or(23456)
    }
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_points_print_their_names_and_unknown_ones_their_numbers() {
        assert_eq!(Afi::IPV6.to_string(), "ipv6");
        assert_eq!(Afi(0x63).to_string(), "unknown-afi-0x63");
        assert_eq!(Safi(99).to_string(), "unknown safi 99");
        assert_eq!(AttrCode(0x63).to_string(), "attribute-0x63");
        assert_eq!(Asn(4_200_000_000).as2(), 23456);
    }
}
