//! The Unix socket: bound so that only the daemon's user can connect, one task that hands connections over.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::stat::{Mode, umask};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// Connections that may wait for the reactor; further ones wait in the kernel's backlog.
pub(crate) const WAITING: usize = 16;

/// How long the listener rests when the process is out of file descriptors.
const REST: Duration = Duration::from_millis(250);

/// The bound socket.
#[derive(Debug)]
pub(crate) struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

/// Stops listening and removes the socket's file, when told to or dropped.
#[derive(Debug)]
pub(crate) struct AdminHandle {
    stop: CancellationToken,
    path: PathBuf,
}

impl Drop for AdminHandle {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = std::fs::remove_file(&self.path);
    }
}

impl AdminSocket {
    /// Binds and listens, mode 0600. The socket of a daemon that has ended is replaced, that of one that runs is not.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        let context = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
        clear(path)?;
        // Only this thread makes files yet; the mode must be right from the first moment.
        let before = umask(Mode::from_bits_truncate(0o177));
        let bound = UnixListener::bind(path);
        umask(before);
        let listener = bound.map_err(context)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(context)?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Starts accepting.
    pub(crate) fn start(
        self,
        to: mpsc::Sender<UnixStream>,
        tracker: &TaskTracker,
        token: &CancellationToken,
    ) -> AdminHandle {
        let stop = token.child_token();
        let handle = AdminHandle { stop: stop.clone(), path: self.path.clone() };
        tracker.spawn(self.run(to, stop));
        handle
    }

    async fn run(self, to: mpsc::Sender<UnixStream>, stop: CancellationToken) {
        let mut resting: Option<Instant> = None;
        loop {
            // A permit first: what can't be handed over stays in the kernel's backlog.
            let accept = async {
                let permit = to.reserve().await.ok()?;
                Some((permit, self.listener.accept().await))
            };
            let until = resting.unwrap_or_else(Instant::now);
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(until), if resting.is_some() => resting = None,
                accepted = accept, if resting.is_none() => match accepted {
                    None => break,
                    Some((permit, Ok((stream, _)))) => permit.send(stream),
                    Some((_, Err(e))) => {
                        warn!(target: "api", "can not accept a client on {}: {e}", self.path.display());
                        resting = Instant::now().checked_add(REST);
                    }
                },
            }
        }
    }
}

/// Removes the socket that a daemon left behind.
fn clear(path: &Path) -> io::Result<()> {
    let shown = path.display();
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(io::Error::new(e.kind(), format!("{shown}: {e}"))),
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{shown} exists and is no socket: remove it, or choose another name"),
        ));
    }
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A full backlog must not hold us: whoever has one is alive.
    probe.set_nonblocking(true)?;
    match probe.connect(&SockAddr::unix(path)?) {
        Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("socket already exists and is active ({shown})"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_for_its_user_alone_and_goes_with_the_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        let (to, mut clients) = mpsc::channel(1);
        let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
        let handle = AdminSocket::bind(&path).unwrap().start(to, &tracker, &token);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let _client = UnixStream::connect(&path).await.unwrap();
        clients.recv().await.unwrap();
        let error = AdminSocket::bind(&path).unwrap_err().to_string();
        assert!(error.contains("socket already exists and is active"), "{error}");
        drop(handle);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_a_dead_daemon_left_is_replaced_and_other_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(AdminSocket::bind(&path).unwrap());
        let file = folder.path().join("file");
        std::fs::write(&file, "precious").unwrap();
        let error = AdminSocket::bind(&file).unwrap_err().to_string();
        assert!(error.contains("is no socket"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    }
}
