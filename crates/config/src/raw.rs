//! A configuration as it was written: every value with its place, nothing decided, templates not yet applied.
//!
//! Both languages end here, so that one validation serves both.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use bgp_wire::cap::role::Role;
use bgp_wire::msg::Operational;
use bgp_wire::{Afi, Asn, Family};

use crate::diag::{At, Span};
use crate::env::{ApiVersion, RawSetting};
use crate::model::{AddPath, AoAlgorithm, Encoder, Messages, OnExit, Overflow, RouteSet};
use crate::secret::Secret;

/// Whose rules hold where the two languages mean different things.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Dialect {
    /// Our own, as the crate's documentation says.
    #[default]
    Toml,
    /// ExaBGP's.
    ExaBgp,
}

impl Dialect {
    /// What to write, in the language that is written.
    pub(crate) const fn say<'t>(self, toml: &'t str, exabgp: &'t str) -> &'t str {
        match self {
            Self::Toml => toml,
            Self::ExaBgp => exabgp,
        }
    }
}

/// A whole configuration.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) dialect: Dialect,
    pub(crate) processes: Vec<RawProcess>,
    pub(crate) templates: Vec<RawTemplate>,
    pub(crate) neighbors: Vec<RawNeighbor>,
    pub(crate) settings: Vec<RawSetting>,
}

/// A process.
#[derive(Debug)]
pub(crate) struct RawProcess {
    pub(crate) name: At<String>,
    /// Program and arguments.
    pub(crate) run: Option<At<Vec<At<String>>>>,
    pub(crate) encoder: Option<At<Encoder>>,
    pub(crate) respawn: Option<At<bool>>,
    pub(crate) ack: Option<At<bool>>,
    pub(crate) api: Option<At<ApiVersion>>,
    pub(crate) overflow: Option<At<Overflow>>,
    pub(crate) queue_bytes: Option<At<u64>>,
    pub(crate) spill_bytes: Option<At<u64>>,
    pub(crate) on_exit: Option<At<OnExit>>,
}

/// Defaults for neighbors.
#[derive(Debug)]
pub(crate) struct RawTemplate {
    pub(crate) name: At<String>,
    pub(crate) body: Body,
}

/// A neighbor.
#[derive(Debug)]
pub(crate) struct RawNeighbor {
    /// Its header.
    pub(crate) at: Span,
    pub(crate) inherit: Vec<At<String>>,
    pub(crate) body: Body,
}

/// A list as two sections say it together: each value once.
fn both<T: Clone + PartialEq>(
    own: Option<&At<Vec<At<T>>>>,
    other: Option<&At<Vec<At<T>>>>,
) -> Option<At<Vec<At<T>>>> {
    let mut list = own.or(other)?.clone();
    for item in other.into_iter().flat_map(|other| &other.value) {
        if !list.value.iter().any(|known| known.value == item.value) {
            list.value.push(item.clone());
        }
    }
    Some(list)
}

/// A TCP-AO key.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawTcpAo {
    pub(crate) id: Option<At<u8>>,
    pub(crate) algorithm: Option<At<AoAlgorithm>>,
    pub(crate) password: Option<At<Secret>>,
    pub(crate) base64: Option<At<bool>>,
}

/// A value that is compared without regard to where it stands.
pub(crate) trait Meaning {
    fn means(&self, other: &Self) -> bool;
}

impl<T: PartialEq> Meaning for Vec<At<T>> {
    fn means(&self, other: &Self) -> bool {
        self.iter().map(|item| &item.value).eq(other.iter().map(|item| &item.value))
    }
}

impl Meaning for RawTcpAo {
    fn means(&self, other: &Self) -> bool {
        fn all(key: &RawTcpAo) -> (Option<u8>, Option<AoAlgorithm>, Option<&Secret>, Option<bool>) {
            (
                key.id.map(|f| f.value),
                key.algorithm.map(|f| f.value),
                key.password.as_ref().map(|f| &f.value),
                key.base64.map(|f| f.value),
            )
        }
        all(self) == all(other)
    }
}

fn same<T: Meaning>(one: &T, other: &T) -> bool {
    one.means(other)
}

/// Declares that values of some types mean what they are.
macro_rules! plain {
    ($($kind:ty),+ $(,)?) => {
        $(impl Meaning for $kind {
            fn means(&self, other: &Self) -> bool {
                self == other
            }
        })+
    };
}

plain!(
    (IpAddr, Option<u8>),
    Option<IpAddr>,
    Option<Asn>,
    Ipv4Addr,
    String,
    u16,
    Option<NonZeroU32>,
    bool,
    Option<u8>,
    Secret,
    IpAddr,
    Option<u16>,
    Option<u32>,
    Ipv6Addr,
    AddPath,
    Role,
);

/// Declares [`Body`] and how one is laid over another.
macro_rules! body {
    ($($field:ident: $kind:ty,)+) => {
        /// What templates and neighbors say.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Body {
            $(pub(crate) $field: Option<At<$kind>>,)+
            /// Keys that are there with values that make no sense.
            pub(crate) wrong: Vec<&'static str>,
            /// Helpers; all of them count.
            pub(crate) api: Vec<RawApi>,
            /// Static routes; all of them count.
            pub(crate) routes: Vec<Arc<RouteSet>>,
        }

        impl Body {
            /// Takes from `defaults` what is not said here. Routes and helpers of both stay, those of `defaults`
            /// first.
            pub(crate) fn inherit(&mut self, defaults: &Self) {
                $(if self.$field.is_none() {
                    self.$field.clone_from(&defaults.$field);
                })+
                self.wrong.extend_from_slice(&defaults.wrong);
                self.api.splice(0..0, defaults.api.iter().cloned());
                self.routes.splice(0..0, defaults.routes.iter().cloned());
            }

            /// Adds what is meant and neither said here nor by templates, so that all of it is said.
            pub(crate) fn complete(&mut self, meant: &Self, templates: &Self) {
                $(self.$field = match (&meant.$field, &templates.$field) {
                    (Some(meant), Some(said)) if same(&meant.value, &said.value) => None,
                    (meant, _) => meant.clone(),
                };)+
            }

            /// Whether the values of both are the same; routes and helpers by their number.
            pub(crate) fn says_the_same(&self, other: &Self) -> bool {
                let mut all = true;
                $(all &= match (&self.$field, &other.$field) {
                    (Some(one), Some(other)) => same(&one.value, &other.value),
                    (None, None) => true,
                    _ => false,
                };)+
                all && self.api.len() == other.api.len() && self.routes.len() == other.routes.len()
            }

            /// Lays a template over this, as ExaBGP does: what it says replaces what is said here. Lists, routes and
            /// helpers of both stay, those of the template last.
            pub(crate) fn overlay(&mut self, template: &Self) {
                let families = both(self.families.as_ref(), template.families.as_ref());
                let add_path = both(self.add_path_families.as_ref(), template.add_path_families.as_ref());
                let next_hop = both(self.next_hop_families.as_ref(), template.next_hop_families.as_ref());
                $(if template.$field.is_some() {
                    self.$field.clone_from(&template.$field);
                })+
                self.families = families;
                self.add_path_families = add_path;
                self.next_hop_families = next_hop;
                self.wrong.extend_from_slice(&template.wrong);
                self.api.extend(template.api.iter().cloned());
                self.routes.extend(template.routes.iter().cloned());
            }
        }
    };
}

body! {
    peer_address: (IpAddr, Option<u8>),
    local_address: Option<IpAddr>,
    local_as: Option<Asn>,
    peer_as: Option<Asn>,
    router_id: Ipv4Addr,
    description: String,
    host_name: String,
    domain_name: String,
    hold_time: u16,
    send_hold_time: u16,
    rate_limit: Option<NonZeroU32>,
    range_limit: Option<NonZeroU32>,
    passive: bool,
    listen: u16,
    connect: u16,
    outgoing_ttl: Option<u8>,
    incoming_ttl: Option<u8>,
    md5_password: Secret,
    md5_base64: bool,
    md5_ip: IpAddr,
    tcp_ao: RawTcpAo,
    source_interface: String,
    group_updates: bool,
    auto_flush: bool,
    adj_rib_in: bool,
    adj_rib_out: bool,
    manual_eor: bool,
    families: Vec<At<Family>>,
    add_path_families: Vec<At<Family>>,
    paths_limits: Vec<At<(Family, u16)>>,
    next_hop_families: Vec<At<(Family, Afi)>>,
    asn4: bool,
    extended_message: bool,
    graceful_restart: Option<u16>,
    long_lived_graceful_restart: Option<u32>,
    multi_session: bool,
    operational: bool,
    add_path: AddPath,
    route_refresh: bool,
    next_hop: bool,
    aigp: bool,
    software_version: bool,
    role: Role,
    role_strict: bool,
    link_local_nexthop: bool,
    link_local_prefer: bool,
    local_link_local: Ipv6Addr,
    messages: Vec<At<Arc<Operational>>>,
}

/// One `api` block.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawApi {
    pub(crate) at: Span,
    pub(crate) name: Option<At<String>>,
    pub(crate) processes: Vec<At<String>>,
    pub(crate) processes_match: Vec<At<String>>,
    pub(crate) neighbor_changes: bool,
    pub(crate) negotiated: bool,
    pub(crate) fsm: bool,
    pub(crate) signal: bool,
    pub(crate) receive: Option<At<Messages>>,
    pub(crate) send: Option<At<Messages>>,
}
