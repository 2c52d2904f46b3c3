//! `exabgp-rs decode`: what messages say.

pub(crate) mod hex;
mod mrt;
mod pcap;
pub(crate) mod session;
mod show;

use std::io::{self, BufRead as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, bail};
use api::encode::{Dialect, JsonWriter, Stamp};
use api::event::Host;
use bgp_wire::Family;
use bgp_wire::nlri::NlriRun;
use config::env::Compat;
use config::{Settings, Sources};

use crate::cli::Decode;
use hex::Kind;
use session::{Session, Wishes};
use show::{Shape, Shower};

/// What all inputs are shown with.
pub(crate) struct Setup {
    session: Session,
    dialect: &'static Dialect,
    host: Host,
    shape: Shape,
}

impl Setup {
    fn shower(&self) -> Shower {
        Shower::new(self.shape, self.dialect, &self.host, &self.session.head)
    }
}

/// The family that `-f` names.
pub(crate) fn family(text: Option<&str>) -> Result<Option<Family>> {
    text.map(|text| {
        let named = text.parse();
        named.map_err(|e| anyhow!("families provided are invalid: {e}; write it as 'ipv4 unicast'"))
    })
    .transpose()
}

/// The settings of the environment and the ini file.
pub(crate) fn sources(env_file: Option<&Path>) -> Result<Sources> {
    let own = std::env::current_exe().ok();
    Ok(Sources::of_process(env_file, own.as_deref())?)
}

/// Shows everything that was given; the exit code says whether all of it could be decoded.
///
/// # Errors
/// When something can't be read, or is no input at all.
pub(crate) fn run(options: &Decode, env_file: Option<&Path>) -> Result<ExitCode> {
    let sources = sources(env_file)?;
    let settings = Settings::resolve(&sources).settings;
    let compat = settings.bgp.compat;
    let family = family(options.family.as_deref())?;
    let wishes = Wishes {
        family,
        path_information: options.path_information,
        configuration: options.configuration.as_deref(),
    };
    let name = match compat {
        Compat::V6 => "json-6.0.0",
        Compat::V5 | Compat::Native => "json",
    };
    let setup = Setup {
        session: Session::new(wishes, compat, &sources)?,
        dialect: Dialect::named(name).context("the dialect is there")?,
        host: Host {
            name: nix::unistd::gethostname().map(|n| n.to_string_lossy().into()).unwrap_or_default(),
            pid: std::process::id(),
            ppid: nix::unistd::getppid().as_raw().unsigned_abs(),
        },
        shape: if options.command { Shape::Command { generic: options.generic } } else { Shape::Json },
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = if let Some(file) = &options.mrt {
        mrt::run(&setup, file, &mut out)
    } else if let Some(file) = &options.pcap {
        pcap::run(&setup, file, options.port, &mut out)
    } else {
        digits(&setup, options, family, &mut out)
    };
    match result.and_then(|right| out.flush().map(|()| right).map_err(Into::into)) {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        // Whoever reads has seen enough (`| head`).
        Err(e) if gone(&e) => Ok(ExitCode::SUCCESS),
        Err(e) => Err(e),
    }
}

fn gone(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_secs_f64()).unwrap_or_default()
}

/// The arguments together are one input, every line of standard input is one.
fn digits(setup: &Setup, options: &Decode, family: Option<Family>, out: &mut impl Write) -> Result<bool> {
    let mut shower = setup.shower();
    let mut input = |text: &str, out: &mut dyn Write| -> Result<bool> {
        let Some(octets) = hex::octets(text) else {
            bail!("invalid hexadecimal: {}", text.trim());
        };
        if options.nlri {
            return nlri(setup, family.context("-n needs -f")?, &octets, out);
        }
        let kind = if options.open { Kind::Open } else { Kind::Update };
        let mut right = true;
        for message in hex::messages(&octets, kind) {
            let mut lines = Vec::new();
            let stamp = Stamp { time: now(), counter: 1 };
            if let Err(e) = shower.message(&message, &setup.session.decode, stamp, &mut lines) {
                right = false;
                lines.extend_from_slice(b"invalid payload\n");
                eprintln!("error: {e}");
            }
            out.write_all(&lines)?;
        }
        Ok(right)
    };
    if !options.payload.is_empty() {
        return input(&options.payload.join(" "), out);
    }
    let mut right = true;
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        right &= input(&line, out)?;
        out.flush()?;
    }
    Ok(right)
}

/// Every NLRI of a field, a line each.
fn nlri(setup: &Setup, family: Family, octets: &[u8], out: &mut dyn Write) -> Result<bool> {
    let add_path = setup.session.decode.add_path.contains(family);
    match NlriRun::check(family, add_path, octets, 0) {
        Ok(run) => {
            for nlri in &run {
                let mut line = Vec::new();
                match setup.shape {
                    Shape::Json => nlri.emit(&mut JsonWriter::new(&mut line)),
                    Shape::Command { .. } => line = format!("announce {family} {nlri}").into_bytes(),
                }
                line.push(b'\n');
                out.write_all(&line)?;
            }
            Ok(true)
        }
        Err(e) => {
            out.write_all(b"invalid payload\n")?;
            eprintln!("error: {e}");
            Ok(false)
        }
    }
}
