//! The pair of named pipes, made by the administrator (`mkfifo`), that ExaBGP's command line uses.

use std::io;
use std::path::Path;

use api_process::Link;
use tokio::net::unix::pipe;

/// Opens both, for reading and writing: so neither ends when a client closes its side, and nothing waits for one.
pub(crate) fn open(input: &Path, output: &Path) -> io::Result<Link> {
    let context = |path: &Path, e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    let mut options = pipe::OpenOptions::new();
    options.read_write(true);
    Ok(Link::Pipes {
        input: options.open_receiver(input).map_err(|e| context(input, e))?,
        output: options.open_sender(output).map_err(|e| context(output, e))?,
    })
}
