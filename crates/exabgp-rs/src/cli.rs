//! What can be typed: sub-commands and their options. The man page and completions are made from these types.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A BGP speaker programmed by helper processes.
///
/// `exabgp-rs CONFIGURATION` is short for `exabgp-rs server CONFIGURATION`.
#[derive(Debug, Parser)]
#[command(name = "exabgp-rs", version, max_term_width = 110, after_help = AFTER)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "Settings come from the environment (exabgp.SECTION.OPTION or exabgp_SECTION_OPTION), then from \
the ini file (--env-file), then from the configuration's [settings]; `exabgp-rs env` lists them.\n\nExit status: 0 a \
clean stop; 1 a configuration, a socket or a setting that is wrong; 2 a wrong command line.";

/// Sub-commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hold BGP sessions and run helper processes as a configuration says
    Server(Server),
    /// Check configurations and say everything that is wrong with them
    Validate(Validate),
    /// Give commands to a running daemon: one, many from a file, or at a prompt
    #[command(visible_alias = "run")]
    Cli(Client),
    /// Have a running daemon load its configuration anew, and say what that changed or why it was refused
    Reload(Client),
    /// Show what a reload from one configuration to another does: sessions, routes, helpers
    Diff(Diff),
    /// Translate a configuration: ExaBGP's language to TOML, or back
    Migrate(Migrate),
    /// What is done with configurations
    Configuration {
        /// What to do.
        #[command(subcommand)]
        command: Configuration,
    },
    /// Print the version
    Version,
    /// List the settings with their values
    Env(Env),
    /// Check a service and announce its addresses while it works; run it as a helper process
    Healthcheck(Box<crate::healthcheck::options::Healthcheck>),
    /// Show what messages say: hexadecimal digits, captures or MRT files, one JSON object a message
    Decode(Decode),
    /// Show the UPDATEs of a route as hexadecimal digits
    Encode(Encode),
    /// A BGP speaker for tests: accept or open one session, print what it says, announce a generated table
    Speaker(Speaker),
}

/// Options of `server`.
#[derive(Debug, Args)]
pub struct Server {
    /// Configuration files; the first is loaded, with exabgp.debug.rotate each reload takes the next
    #[arg(required = true)]
    pub configuration: Vec<PathBuf>,
    /// Log everything, at level DEBUG
    #[arg(short, long)]
    pub verbose: bool,
    /// As --verbose; there is no debugger to start
    #[arg(short, long)]
    pub debug: bool,
    /// Log lines for people, or as JSON objects
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Never connect out: wait for all neighbors
    #[arg(short = 'P', long)]
    pub passive: bool,
    /// Try each neighbor once, then stop
    #[arg(short = '1', long)]
    pub once: bool,
    /// Reload by itself after so many seconds, as if SIGUSR1 had come
    #[arg(short, long, value_name = "SECONDS")]
    pub signal: Option<u32>,
    /// Log at the end how much memory was used
    #[arg(short, long)]
    pub memory: bool,
    /// Accepted for ExaBGP's command line; there is no debugger to start
    #[arg(short, long, hide = true)]
    pub pdb: bool,
    /// Accepted for ExaBGP's command line, with a warning: use perf
    #[arg(long, value_name = "FILE", hide = true)]
    pub profile: Option<PathBuf>,
}

/// Sub-commands of `configuration`.
#[derive(Debug, Subcommand)]
pub enum Configuration {
    /// The same as `validate`
    Validate(Validate),
}

/// Options of `validate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 all files are right; 1 one is wrong or can't be read; 2 a wrong command line."
)]
pub struct Validate {
    /// Configuration files
    #[arg(required = true)]
    pub configuration: Vec<PathBuf>,
    /// List the neighbors
    #[arg(short, long)]
    pub neighbor: bool,
    /// Encode and decode every route
    #[arg(short, long)]
    pub route: bool,
    /// Print each step
    #[arg(short, long)]
    pub verbose: bool,
    /// Unknown keywords are warnings
    #[arg(long)]
    pub lenient: bool,
    /// Print what was found as one JSON array, an object for each file
    #[arg(long)]
    pub json: bool,
    /// Accepted for ExaBGP's command line; there is no debugger to start
    #[arg(short, long, hide = true)]
    pub pdb: bool,
}

/// Options of `cli`.
#[derive(Debug, Args)]
pub struct Client {
    /// Name of the socket and of the pipes (exabgp for /run/exabgp/exabgp.sock), or a path
    #[arg(long, value_name = "NAME")]
    pub pipename: Option<String>,
    /// Only through the named pipes
    #[arg(long, conflicts_with = "socket")]
    pub pipe: bool,
    /// Only through the Unix socket
    #[arg(long)]
    pub socket: bool,
    /// Where run/exabgp.sock and the like are looked for first
    #[arg(long, value_name = "FOLDER")]
    pub root: Option<PathBuf>,
    /// Print JSON: a value a line, then an object with the answer
    #[arg(long)]
    pub json: bool,
    /// Give the commands of this file, a line each; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "words")]
    pub batch: Option<PathBuf>,
    /// Accepted: there are no colors
    #[arg(long, hide = true)]
    pub no_color: bool,
    /// As exabgpcli of ExaBGP 5.0: help when there are no words, exit status 0 after an error answer
    #[arg(long, hide = true)]
    pub script: bool,
    /// The command; none for a prompt, or for standard input where that is no terminal
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}

/// Options of `diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// The configuration that is in use
    pub old: PathBuf,
    /// The configuration to come
    pub new: PathBuf,
    /// Count routes instead of listing them
    #[arg(short, long)]
    pub summary: bool,
}

/// Options of `migrate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 both mean the same; 1 the configuration is wrong, can't be read, or can't be said \
in the other language; 2 a wrong command line."
)]
pub struct Migrate {
    /// The configuration; its language is told by its content
    pub configuration: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value_t = To::Toml)]
    pub to: To,
    /// Print only whether both give the same model and the same UPDATEs, and how much of each was compared
    #[arg(long)]
    pub check: bool,
}

/// Languages of configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum To {
    /// Our own
    Toml,
    /// ExaBGP's
    Exabgp,
}

/// Options of `env`.
#[derive(Debug, Args)]
pub struct Env {
    /// Only what differs from the default
    #[arg(short, long)]
    pub diff: bool,
    /// As lines for the environment instead of an ini file
    #[arg(short, long)]
    pub env: bool,
}

/// Options of `decode`.
#[derive(Debug, Args)]
pub struct Decode {
    /// The messages in hexadecimal, blanks and colons free, with or without header; read from standard input when absent
    pub payload: Vec<String>,
    /// The octets are NLRI of the family given with -f
    #[arg(short, long, conflicts_with_all = ["update", "open"], requires = "family")]
    pub nlri: bool,
    /// The octets are an UPDATE
    #[arg(short, long, conflicts_with = "open")]
    pub update: bool,
    /// The octets are an OPEN
    #[arg(short, long)]
    pub open: bool,
    /// Show attributes as octets (with --command)
    #[arg(short, long)]
    pub generic: bool,
    /// Print JSON (the default)
    #[arg(short, long, conflicts_with = "command")]
    pub json: bool,
    /// Print the commands that announce or withdraw the routes
    #[arg(short = 'm', long)]
    pub command: bool,
    /// Decode as the first neighbor of this configuration would
    #[arg(short, long, value_name = "FILE")]
    pub configuration: Option<PathBuf>,
    /// The only family that is negotiated, as 'ipv4 unicast'; all by default
    #[arg(short, long, value_name = "AFI SAFI")]
    pub family: Option<String>,
    /// NLRI have path identifiers (RFC 7911)
    #[arg(short = 'i', long = "path-information")]
    pub path_information: bool,
    /// Read an MRT file (BGP4MP, TABLE_DUMP, TABLE_DUMP_V2; gzip too), - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["payload", "nlri", "update", "open"])]
    pub mrt: Option<PathBuf>,
    /// Read a capture (pcap, pcapng; gzip too), - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["payload", "nlri", "update", "open", "mrt"])]
    pub pcap: Option<PathBuf>,
    /// The TCP port of BGP in the capture
    #[arg(long, default_value_t = 179, requires = "pcap")]
    pub port: u16,
    /// Accepted for ExaBGP's command line
    #[arg(short, long)]
    pub debug: bool,
    /// Accepted for ExaBGP's command line
    #[arg(short, long)]
    pub pdb: bool,
}

/// Options of `encode`.
#[derive(Debug, Args)]
pub struct Encode {
    /// Routes, as in 'route 10.0.0.0/24 next-hop 1.2.3.4'; a route a line of standard input when absent
    pub route: Vec<String>,
    /// Family of routes that do not name theirs, as 'ipv4 unicast'
    #[arg(short, long, value_name = "AFI SAFI")]
    pub family: Option<String>,
    /// Our AS number
    #[arg(short = 'a', long, default_value_t = 65533, value_name = "ASN")]
    pub local_as: u32,
    /// The peer's AS number
    #[arg(short = 'z', long, default_value_t = 65533, value_name = "ASN")]
    pub peer_as: u32,
    /// NLRI have path identifiers (RFC 7911)
    #[arg(short = 'i', long = "path-information")]
    pub path_information: bool,
    /// The NLRI alone
    #[arg(short, long)]
    pub nlri: bool,
    /// Without marker, length and type
    #[arg(long)]
    pub no_header: bool,
    /// Encode as for the first neighbor of this configuration
    #[arg(short, long, value_name = "FILE")]
    pub configuration: Option<PathBuf>,
    /// Accepted for ExaBGP's command line
    #[arg(short, long)]
    pub debug: bool,
    /// Accepted for ExaBGP's command line
    #[arg(short, long)]
    pub pdb: bool,
}

/// Options of `speaker`.
#[derive(Debug, Args)]
pub struct Speaker {
    /// Accept sessions on this address and port
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        conflicts_with = "connect",
        required_unless_present = "connect"
    )]
    pub listen: Option<SocketAddr>,
    /// Open the session to this address and port
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub connect: Option<SocketAddr>,
    /// Address to connect from
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<IpAddr>,
    /// Our AS number; by default the other side's, as its OPEN says
    #[arg(long = "as", value_name = "ASN")]
    pub asn: Option<u32>,
    /// Our BGP identifier
    #[arg(long, default_value = "127.0.0.2")]
    pub router_id: Ipv4Addr,
    /// Hold time in seconds
    #[arg(long, default_value_t = 90)]
    pub hold_time: u16,
    /// Announce so many generated IPv4 prefixes, with so few attribute sets that nine share one
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub announce: u32,
    /// How to print what is received
    #[arg(long, value_enum, default_value_t = Print::Routes)]
    pub print: Print,
    /// Stop after the first session ends
    #[arg(long)]
    pub once: bool,
    /// Print on standard error, as a process of the daemon must: its standard output is for commands
    #[arg(long)]
    pub stderr: bool,
}

/// What log lines look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Time, level, category, message
    Text,
    /// An object a line
    Json,
}

/// What the test speaker prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Print {
    /// A line per route
    Routes,
    /// A count per second in which something changed
    Counts,
    /// Only the session's states
    Nothing,
}

/// Sub-commands as words, to tell them from a configuration's name.
const WORDS: [&str; 15] = [
    "server",
    "migrate",
    "configuration",
    "validate",
    "reload",
    "diff",
    "version",
    "env",
    "decode",
    "encode",
    "speaker",
    "cli",
    "run",
    "healthcheck",
    "help",
];

/// Options of ExaBGP 4 and earlier that are sub-commands today.
const OLD: [(&[&str], &[&str]); 6] = [
    (&["--fi", "--full-ini"], &["env"]),
    (&["--di", "--diff-ini"], &["env", "--diff"]),
    (&["--fe", "--full-env"], &["env", "--env"]),
    (&["--de", "--diff-env"], &["env", "--diff", "--env"]),
    (&["-t", "--test"], &["validate"]),
    (&["--run"], &[]),
];

/// Names under which this program is other programs of ExaBGP.
const NAMES: [(&[&str], &[&str]); 2] = [
    (&["exabgpcli", "exabgp-cli"], &["cli", "--script"]),
    (&["exabgp-healthcheck", "healthcheck"], &["healthcheck"]),
];

impl Cli {
    /// The arguments with what ExaBGP allows made regular: `--env-file` anywhere, and no sub-command for `server`.
    ///
    /// Returns the arguments for clap and the ini file that was named.
    pub fn normalise(arguments: impl IntoIterator<Item = OsString>) -> (Vec<OsString>, Option<PathBuf>) {
        let mut words: Vec<OsString> = Vec::new();
        let mut env_file = None;
        let mut arguments = arguments.into_iter();
        words.extend(arguments.next());
        let called = words.first().map(PathBuf::from).unwrap_or_default();
        let called = called.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let own = NAMES.iter().find(|(names, _)| names.contains(&called));
        words.extend(own.iter().flat_map(|(_, words)| words.iter()).map(OsString::from));
        while let Some(word) = arguments.next() {
            let second = words.get(1).and_then(|w| w.to_str());
            if second.is_none()
                && let Some((_, new)) = OLD.iter().find(|(old, _)| old.iter().any(|o| word == *o))
            {
                words.extend(new.iter().map(OsString::from));
                continue;
            }
            // What belongs to a command for the daemon, or to a program that is run, is not ours.
            if matches!(second, Some("cli" | "run" | "healthcheck")) && word != "--env-file" {
                words.push(word);
                continue;
            }
            match word.to_str() {
                Some("--env") if second != Some("env") => env_file = arguments.next().map(PathBuf::from),
                Some("--env-file") => env_file = arguments.next().map(PathBuf::from),
                Some(text) if text.starts_with("--env-file=") => {
                    env_file = text.strip_prefix("--env-file=").map(PathBuf::from);
                }
                // One option with two letters, as Python's command lines have.
                Some("-sF") => words.push("--syslog-facility".into()),
                _ => words.push(word),
            }
        }
        let is_word = |w: &OsString| w.to_str().is_some_and(|w| WORDS.contains(&w));
        let is_plain = |w: &OsString| matches!(w.to_str(), Some("-h" | "--help" | "-V" | "--version"));
        if words.get(1).is_some_and(|first| !is_word(first) && !is_plain(first)) {
            words.insert(1, "server".into());
        }
        (words, env_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn normalise(line: &str) -> (String, Option<PathBuf>) {
        let (words, file) = Cli::normalise(line.split(' ').map(OsString::from));
        let words: Vec<_> = words.iter().map(|w| w.to_string_lossy().into_owned()).collect();
        (words.join(" "), file)
    }

    #[test]
    fn the_table_is_consistent() {
        Cli::command().debug_assert();
        for word in Cli::command().get_subcommands() {
            assert!(WORDS.contains(&word.get_name()), "{} would be taken for a file", word.get_name());
        }
    }

    #[test]
    fn other_names_and_old_options_are_understood() {
        assert_eq!(
            normalise("/usr/bin/exabgpcli --root / show neighbor summary").0,
            "/usr/bin/exabgpcli cli --script --root / show neighbor summary"
        );
        assert_eq!(normalise("exabgp-cli help").0, "exabgp-cli cli --script help");
        assert_eq!(normalise("exabgp --fi").0, "exabgp env");
        assert_eq!(normalise("exabgp --de").0, "exabgp env --diff --env");
        assert_eq!(normalise("exabgp -t c").0, "exabgp validate c");
        assert_eq!(normalise("exabgp run help").0, "exabgp run help");
        assert_eq!(normalise("exabgp --run healthcheck -i 1").0, "exabgp healthcheck -i 1");
        let cli = Cli::parse_from(["x", "cli", "--json", "announce", "route", "--x"]);
        let Command::Cli(client) = cli.command else { panic!() };
        assert!(client.json);
        assert_eq!(client.words, ["announce", "route", "--x"]);
    }

    #[test]
    fn a_configuration_alone_starts_the_server() {
        assert_eq!(normalise("x etc/conf.toml").0, "x server etc/conf.toml");
        assert_eq!(normalise("x -v etc/conf.toml").0, "x server -v etc/conf.toml");
        assert_eq!(normalise("x validate c").0, "x validate c");
        assert_eq!(normalise("x --help").0, "x --help");
        assert_eq!(normalise("x c --env-file a").0, "x server c");
        assert_eq!(normalise("exabgp --env a c"), ("exabgp server c".into(), Some("a".into())));
        assert_eq!(normalise("x env --env"), ("x env --env".into(), None));
        assert_eq!(normalise("exabgp -d c").0, "exabgp server -d c");
        assert_eq!(normalise("x --env-file=b c"), ("x server c".into(), Some("b".into())));
    }
}
