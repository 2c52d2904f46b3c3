//! `exabgp-rs cli`, `exabgp-rs run`, `exabgpcli`: commands for a daemon that runs.

mod answer;
mod batch;
mod complete;
mod connection;
mod interactive;
mod nickname;

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use config::{Settings, Sources};

use crate::cli::Client;
use crate::runtime;
use answer::End;
use connection::Connection;

/// Does what the options ask for. The exit code says whether every command was done.
///
/// # Errors
/// When there is no daemon, or it went away.
pub(crate) fn run(options: &Client, env_file: Option<&Path>) -> Result<ExitCode> {
    let own = std::env::current_exe().ok();
    let settings = Settings::resolve(&Sources::of_process(env_file, own.as_deref())?).settings;
    let root = options.root.clone().unwrap_or_else(|| config::env::root(own.as_deref()));
    let mut connection = connect(options, &settings, &root)?;
    if let Some(file) = &options.batch {
        return batch::run(connection, file, options.json);
    }
    if options.words.is_empty() && !options.script {
        if std::io::stdin().is_terminal() {
            return interactive::run(&mut connection, options.json);
        }
        return batch::run(connection, Path::new("-"), options.json);
    }
    let line = if options.words.is_empty() {
        println!("no command provided, sending \"help\"");
        "help".to_owned()
    } else {
        options.words.join(" ")
    };
    let expanded = nickname::expand(&line);
    if expanded != line && !options.json {
        println!("command: {expanded}");
    }
    let end = one(&mut connection, &expanded, options.json)?;
    match end {
        End::Done | End::None => Ok(ExitCode::SUCCESS),
        End::Error => {
            eprintln!("ExaBGP returns an error (see ExaBGP's logs for more information)");
            eprintln!("use help for a list of available commands");
            Ok(code(options))
        }
        End::Shutdown => {
            eprintln!("ExaBGP is shutting down, command aborted");
            Ok(code(options))
        }
    }
}

/// Has the daemon load its configuration anew. What that changed is printed; why it was refused goes to standard
/// error, and makes the exit code 1.
///
/// # Errors
/// When there is no daemon, or it went away.
pub(crate) fn reload(options: &Client, env_file: Option<&Path>) -> Result<ExitCode> {
    if !options.words.is_empty() || options.batch.is_some() {
        bail!("reload has no arguments: the daemon reads the file that it was started with");
    }
    let own = std::env::current_exe().ok();
    let settings = Settings::resolve(&Sources::of_process(env_file, own.as_deref())?).settings;
    let root = options.root.clone().unwrap_or_else(|| config::env::root(own.as_deref()));
    let mut connection = connect(options, &settings, &root)?;
    connection.send("reload")?;
    let mut refused = false;
    loop {
        let Some(told) = connection.line()? else { bail!("the daemon closed the connection") };
        if let Some(end) = answer::end(&told) {
            answer::print_end(&mut std::io::stdout().lock(), &told, "reload", end, options.json)?;
            if end == End::Error && !refused {
                eprintln!("error: the reload was refused; the daemon's log says why");
            }
            return Ok(if end == End::Done { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        let why = told.strip_prefix("reload refused: ");
        if let Some(why) = why {
            refused = true;
            eprintln!("{why}");
        } else {
            answer::print(&mut std::io::stdout().lock(), &told, options.json)?;
        }
    }
}

/// What a command that was not done makes of the exit code: the original's scripts expect 0.
const fn code(options: &Client) -> ExitCode {
    if options.script { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Gives one command and prints what it is told.
fn one(connection: &mut Connection, line: &str, json: bool) -> Result<End> {
    let line = answer::asked(line, json);
    connection.send(&line)?;
    if !answer::is_answered(&line) {
        return Ok(End::None);
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    loop {
        let Some(told) = connection.line()? else { bail!("the daemon closed the connection") };
        if let Some(end) = answer::end(&told) {
            answer::print_end(&mut out, &told, &line, end, json)?;
            out.flush()?;
            return Ok(end);
        }
        answer::print(&mut out, &told, json)?;
    }
}

fn connect(options: &Client, settings: &Settings, root: &Path) -> Result<Connection> {
    let mut folders = runtime::folders(root);
    if options.root.is_some() {
        // A root that is named goes first.
        folders.sort_by_key(|f| !f.starts_with(root));
    }
    let name = options.pipename.as_deref();
    let socket_name = name.unwrap_or(&settings.api.socketname);
    let pipe_name = name.unwrap_or(&settings.api.pipename);
    let named = runtime::named_socket().filter(|_| name.is_none());
    let socket = named.or_else(|| runtime::socket_in(socket_name, &folders));
    let socket = socket.filter(|s| !options.pipe && !s.as_os_str().is_empty());
    let mut refused = None;
    if let Some(path) = socket {
        match Connection::socket(&path) {
            Ok(connection) => return Ok(connection),
            Err(e) => refused = Some(format!("{}: {e}", path.display())),
        }
    }
    if !options.socket
        && let Some((input, output)) = runtime::pipes_in(pipe_name, &folders)
    {
        return Connection::pipes(&input, &output);
    }
    if let Some(refused) = refused {
        bail!("ExaBGP is not running, or its socket belongs to another user: {refused}");
    }
    let mut text = if options.pipe {
        format!("could not find ExaBGP's named pipes ({pipe_name}.in and {pipe_name}.out) for the cli\n")
    } else {
        format!("could not find ExaBGP's Unix socket ({socket_name}.sock) for the cli\n")
    };
    text.push_str("we scanned the following folders (the number is your uid):");
    for folder in folders {
        let _ = write!(text, "\n - {}", folder.display());
    }
    bail!(text)
}
