//! Processes: the program must be there, now, and be one that can be run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::diag::{At, Diag, Diags};
use crate::env::{ApiVersion, Settings};
use crate::model::{Process, Program};
use crate::raw::{Dialect, RawProcess};
use crate::validate::Surroundings;

/// Octets of memory for events that a helper does not read, when the configuration does not say.
const QUEUE_BYTES: usize = 4 << 20;
/// Octets of disk for events that a helper does not read, when the configuration does not say.
const SPILL_BYTES: u64 = 1 << 30;

pub(super) fn validate(
    raw: &RawProcess,
    settings: &Settings,
    around: &Surroundings<'_>,
    dialect: Dialect,
    diags: &mut Diags,
) -> Option<Process> {
    let name = raw.name.value.clone();
    let Some(run) = &raw.run else {
        diags.push(Diag::error(format!("process {name} runs nothing"), raw.name.at).hint(
            dialect.say("as in run = [\"./helper.py\", \"--verbose\"]", "as in run ./helper.py --verbose;"),
        ));
        return None;
    };
    let Some((program, args)) = run.value.split_first().filter(|(program, _)| !program.value.is_empty())
    else {
        diags.push(
            Diag::error(format!("process {name} runs nothing"), run.at).hint("the first word is the program"),
        );
        return None;
    };
    let located = match dialect {
        Dialect::Toml => locate(program, around),
        Dialect::ExaBgp => locate_last(program, around),
    };
    let program = match located {
        Ok(program) => program,
        Err(diag) => {
            diags.push(diag);
            return None;
        }
    };
    Some(Process {
        name,
        program,
        args: args.iter().map(|arg| arg.value.clone()).collect(),
        encoder: raw
            .encoder
            .as_ref()
            .map_or(settings.api.encoder, |e| e.value)
            .resolved(settings.api.version == ApiVersion::V6, settings.api.compact),
        respawn: settings.api.respawn && raw.respawn.as_ref().is_none_or(|r| r.value),
        ack: raw.ack.as_ref().map_or(settings.api.ack, |a| a.value),
        api: raw.api.as_ref().map_or(settings.api.version, |a| a.value),
        overflow: raw.overflow.as_ref().map(|o| o.value).unwrap_or_default(),
        queue_bytes: raw
            .queue_bytes
            .as_ref()
            .map_or(QUEUE_BYTES, |n| usize::try_from(n.value).unwrap_or(usize::MAX)),
        spill_bytes: raw.spill_bytes.as_ref().map_or(SPILL_BYTES, |n| n.value),
        on_exit: raw.on_exit.as_ref().map(|o| o.value).unwrap_or_default(),
    })
}

/// Finds a program: an absolute path as it is, a relative one from the folder of the configuration, a bare name there
/// and then along `PATH`. The first that is there counts; ExaBGP takes the last, and reads `/etc/exabgp` too.
fn locate(program: &At<String>, around: &Surroundings<'_>) -> Result<Program, Diag> {
    let name = program.value.as_str();
    let here = around.folder.join(name);
    if !name.contains('/') && !here.exists() {
        if name == "exabgp-rs" {
            return Ok(Program::Own);
        }
        let path = around.sources.environment.get("PATH").unwrap_or_default();
        let found = std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| file.is_file());
        return match found {
            Some(file) => check(&file, program),
            // `run exabgp healthcheck …` works where only we are installed.
            None if name == "exabgp" => Ok(Program::Own),
            None => Err(Diag::error(format!("there is no program {name}"), program.at)
                .hint(format!("it is neither in {} nor in PATH", shown(around.folder)))),
        };
    }
    // Joining keeps an absolute path as it is.
    check(&here, program)
}

/// Finds a program as ExaBGP does: below `/etc/exabgp`, from the folder of the configuration, along `PATH`; the last
/// that is there counts. What starts with `etc/exabgp` is looked for below `EXABGP_ETC` and `/etc/exabgp`.
fn locate_last(program: &At<String>, around: &Surroundings<'_>) -> Result<Program, Diag> {
    let name = program.value.as_str();
    let variable = |name| around.sources.environment.get(name);
    let mut candidates = Vec::new();
    if Path::new(name).is_absolute() {
        candidates.push(PathBuf::from(name));
    } else {
        if let Some(below) = name.strip_prefix("etc/exabgp/") {
            candidates.extend(variable("PWD").map(|pwd| Path::new(pwd).join(name)));
            candidates.push(Path::new("/etc/exabgp").join(below));
            candidates.extend(variable("EXABGP_ETC").map(|etc| Path::new(etc).join("exabgp").join(below)));
        }
        candidates.push(Path::new("/etc/exabgp").join(name));
        candidates.push(around.folder.join(name));
        let path = variable("PATH").unwrap_or_default();
        candidates.extend(std::env::split_paths(path).map(|folder| folder.join(name)));
    }
    match candidates.iter().rev().find(|file| file.exists()) {
        Some(file) => check(file, program),
        None if name == "exabgp-rs" => Ok(Program::Own),
        None if candidates.len() == 1 => check(Path::new(name), program),
        None => Err(Diag::error(format!("there is no program {name}"), program.at)
            .hint(format!("it is neither in {} nor in PATH nor in /etc/exabgp", shown(around.folder)))),
    }
}

fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { "the current folder".to_owned() } else { folder.display().to_string() }
}

fn check(file: &Path, program: &At<String>) -> Result<Program, Diag> {
    let name = &program.value;
    let error = |what: String, hint: String| Err(Diag::error(what, program.at).hint(hint));
    let metadata = match std::fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let hint = format!("looked for {}", file.display());
            return error(format!("there is no program {name}"), hint);
        }
        Err(e) => {
            return error(
                format!("program {name} can't be looked at: {e}"),
                "check its permissions".to_owned(),
            );
        }
    };
    let mode = metadata.permissions().mode();
    if metadata.is_dir() {
        return error(format!("{name} is a folder"), "name the program in it".to_owned());
    }
    if !metadata.is_file() {
        return error(format!("{name} is no regular file"), "name a program".to_owned());
    }
    if mode & 0o6000 != 0 {
        let hint =
            "helpers get no privileges by themselves; remove the bit, or have the helper call it".to_owned();
        return error(format!("{name} is set-user-ID or set-group-ID"), hint);
    }
    if mode & 0o111 == 0 {
        return error(format!("{name} can't be executed"), format!("chmod +x {}", file.display()));
    }
    // Helpers run in another folder: their paths must not depend on ours.
    Ok(Program::Path(std::path::absolute(file).unwrap_or_else(|_| PathBuf::from(file))))
}
