//! The table of settings: one line each.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::env::types::{ApiVersion, Compat, Destination, LogLevel, RoutesFormat, Setting, Umask};
use crate::model::Encoder;

/// A setting as the table has it.
#[derive(Clone, Copy, Debug)]
pub struct Def {
    /// Section, as in `log`.
    pub section: &'static str,
    /// Option, as in `level`.
    pub option: &'static str,
    /// What it does, for people.
    pub effect: &'static str,
    /// Listed by `env`.
    pub listed: bool,
    /// Unknown words are taken as false.
    pub(super) boolean: bool,
}

impl Def {
    pub(super) fn is(&self, section: &str, option: &str) -> bool {
        self.section == section && self.option == option
    }
}

/// Declares the settings. A line is: field, name, type, default, effect.
macro_rules! settings {
    ($($(#[$meta:meta])* $section:ident $name:literal $type:ident $listed:literal {
        $($field:ident $option:literal: $kind:ty = $default:expr, $effect:literal;)+
    })+) => {
        $($(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $type {
            $(#[doc = $effect] pub $field: $kind,)+
        }

        impl Default for $type {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        })+

        /// Every setting, with its value.
        #[derive(Clone, PartialEq, Debug)]
        pub struct Settings {
            $($(#[$meta])* pub $section: $type,)+
            /// Port that neighbors without `connect` are connected to: 179, or `exabgp.tcp.port` of the environment.
            pub outgoing_port: u16,
            /// The version to report instead of our own (`exabgp_version` of the environment).
            pub version: Option<String>,
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($section: $type::default(),)+ outgoing_port: 179, version: None }
            }
        }

        impl Settings {
            /// The settings there are.
            pub const DEFS: &'static [Def] = &[$($(Def {
                section: $name,
                option: $option,
                effect: $effect,
                listed: $listed,
                boolean: <$kind as Setting>::BOOLEAN,
            },)+)+];

            /// Sets an option from text; `None` when there is no such option, an error that says what would be right.
            pub fn set(&mut self, section: &str, option: &str, text: &str) -> Option<Result<(), String>> {
                match (section, option) {
                    $($(($name, $option) => Some(<$kind as Setting>::read(text).map(|v| self.$section.$field = v)),)+)+
                    _ => None,
                }
            }

            /// An option as an ini file has it.
            pub fn show(&self, def: &Def) -> String {
                match (def.section, def.option) {
                    $($(($name, $option) => self.$section.$field.show(),)+)+
                    _ => String::new(),
                }
            }
        }
    };
}

settings! {
    /// Interface to helpers.
    api "api" Api true {
        ack "ack": bool = true, "answer the commands of helpers";
        chunk "chunk": u32 = 1, "lines written at once by show commands (accepted, has no effect)";
        cli "cli": bool = true, "serve the command line tool";
        compact "compact": bool = false, "JSON: plain prefixes as strings";
        encoder "encoder": Encoder = Encoder::Json, "encoder of processes that name none";
        pipename "pipename": String = "exabgp".to_owned(), "name of the command line's pipes";
        respawn "respawn": bool = true, "start helpers again when they end";
        show_routes_format "show-routes-format": RoutesFormat = RoutesFormat::V1, "JSON layout of show adj-rib";
        socketname "socketname": String = "exabgp".to_owned(), "name of the command line's socket";
        terminate "terminate": bool = false, "stop when a helper is lost";
        version "version": ApiVersion = ApiVersion::V4, "grammar and events of helpers, 4 or 6";
    }
    /// BGP sessions.
    bgp "bgp" Bgp true {
        compat "compat": Compat = Compat::Native, "whose sequence of messages is sent: 5.0, 6.0 or native";
        openwait "openwait": u32 = 60, "seconds to wait for the peer's OPEN";
        passive "passive": bool = false, "never connect out";
        paths_limit_audit "paths_limit_audit": bool = true, "count received paths against the paths-limit";
    }
    /// Caches; without effect on anything that is seen.
    cache "cache" Cache true {
        attributes "attributes": bool = true, "share attributes (always done)";
        nexthops "nexthops": bool = true, "share next hops (always done)";
    }
    /// The process.
    daemon "daemon" Daemon true {
        daemonize "daemonize": bool = false, "go to the background";
        drop "drop": bool = true, "give up privileges before helpers are started";
        pid "pid": PathBuf = PathBuf::new(), "file for the process identifier";
        umask "umask": Umask = Umask(0o137), "mode bits that new files don't get";
        user "user": String = "nobody".to_owned(), "user to become when started as root";
    }
    /// Logging.
    log "log" Log true {
        all "all": bool = false, "log every category, at level DEBUG";
        configuration "configuration": bool = true, "log the reading of configurations";
        daemon "daemon": bool = true, "log what concerns the process";
        destination "destination": Destination = Destination::Stdout, "stdout, stderr, syslog, or a file";
        enable "enable": bool = true, "log at all";
        level "level": LogLevel = LogLevel::Info, "least severity that is logged";
        message "message": bool = false, "log messages as they are decoded";
        network "network": bool = true, "log connections and sessions";
        packets "packets": bool = false, "log messages as octets";
        parser "parser": bool = false, "log the decoding of messages";
        processes "processes": bool = true, "log what concerns helpers";
        reactor "reactor": bool = true, "log signals and commands";
        rib "rib": bool = false, "log changes of routes";
        routes "routes": bool = false, "log received routes";
        short "short": bool = true, "short lines on terminals";
        statistics "statistics": bool = true, "log counters";
        timers "timers": bool = false, "log timers";
    }
    /// Accepted for ExaBGP's environment; without effect.
    pdb "pdb" Pdb true {
        enable "enable": bool = false, "start a debugger on faults (accepted, has no effect)";
    }
    /// Accepted for ExaBGP's environment; without effect.
    profile "profile" Profile true {
        enable "enable": bool = false, "profile the program (accepted, has no effect)";
        file "file": String = String::new(), "where the profile goes (accepted, has no effect)";
    }
    /// Accepted for ExaBGP's environment; without effect.
    reactor "reactor" Reactor true {
        speed "speed": f64 = 1.0, "length of a turn (accepted, has no effect: there are no turns)";
    }
    /// TCP.
    tcp "tcp" Tcp true {
        acl "acl": bool = false, "accepted, has no effect";
        attempts "attempts": u32 = 0, "connections to try with each neighbor, 0 for ever; then stop";
        bind "bind": Vec<IpAddr> = Vec::new(), "addresses to listen on";
        delay "delay": u32 = 0, "minutes whose next multiple to wait for before connecting";
        once "once": bool = false, "as attempts 1";
        port "port": u16 = 179, "port to listen on; of the environment, also the port to connect to";
    }
    /// Accepted for ExaBGP's environment, not listed.
    debug "debug" Debug false {
        configuration "configuration": bool = false, "accepted, has no effect";
        defensive "defensive": bool = false, "accepted, has no effect";
        memory "memory": bool = false, "accepted, has no effect";
        pdb "pdb": bool = false, "accepted, has no effect";
        rotate "rotate": bool = false, "take the next configuration at each reload";
        route "route": String = String::new(), "accepted, has no effect";
        selfcheck "selfcheck": bool = false, "accepted, has no effect";
        timing "timing": bool = false, "accepted, has no effect";
    }
}

impl Settings {
    /// The listing of `env`: an ini file of all settings, or of those that differ from their defaults.
    pub fn ini(&self, only_changed: bool) -> String {
        let mut out = String::new();
        let mut section = "";
        for def in self.listed(only_changed) {
            if section != def.section {
                section = def.section;
                let _ = writeln!(out, "\n[exabgp.{section}]");
            }
            let _ = writeln!(out, "{} = {}", def.option, self.show(def));
        }
        out
    }

    /// The listing of `env --env`: a line for the environment each.
    pub fn variables(&self, only_changed: bool) -> String {
        let line = |def: &Def| format!("exabgp.{}.{}={}\n", def.section, def.option, self.show(def));
        self.listed(only_changed).map(line).collect()
    }

    fn listed(&self, only_changed: bool) -> impl Iterator<Item = &'static Def> + '_ {
        let default = Self::default();
        Self::DEFS
            .iter()
            .filter(|def| def.listed)
            .filter(move |def| !only_changed || self.show(def) != default.show(def))
    }
}
