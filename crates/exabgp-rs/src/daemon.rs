//! What makes a program a daemon: its mask, its user, its pid file, its service manager.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use config::Settings;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Uid, User, getgid, getuid, initgroups, setgid, setuid};

/// Sets the mask of new files.
pub(crate) fn mask(settings: &Settings) {
    if let Some(mode) = nix::libc::mode_t::from(settings.daemon.umask.0).checked_rem(0o1000) {
        umask(Mode::from_bits_truncate(mode));
    }
}

/// Becomes the user of the settings, when started as root.
///
/// # Errors
/// What could not be done and what to do about it.
pub(crate) fn drop_privileges(settings: &Settings) -> Result<(), String> {
    let name = &settings.daemon.user;
    if !getuid().is_root() && getgid().as_raw() != 0 {
        return Ok(());
    }
    let hint = "set exabgp.daemon.user to another user, or to root to stay what you are";
    let user = User::from_name(name)
        .map_err(|e| format!("the user '{name}' can't be looked up: {e}"))?
        .ok_or_else(|| format!("there is no user '{name}'; {hint}"))?;
    if user.uid == Uid::current() {
        return Ok(());
    }
    let step =
        |what: &str, e: nix::Error| format!("could not drop privileges to '{name}' ({what}: {e}); {hint}");
    if getuid().is_root() {
        let c_name = std::ffi::CString::new(name.as_str()).map_err(|e| e.to_string())?;
        initgroups(&c_name, user.gid).map_err(|e| step("groups", e))?;
    }
    setgid(user.gid).map_err(|e| step("group", e))?;
    setuid(user.uid).map_err(|e| step("user", e))?;
    if setuid(Uid::from_raw(0)).is_ok() {
        return Err(format!("privileges could be taken back after becoming '{name}': refusing to run"));
    }
    Ok(())
}

/// A pid file that goes with the process.
#[derive(Debug)]
pub(crate) struct PidFile(PathBuf);

impl PidFile {
    /// Writes our pid, unless the file names a process that runs. No file is written when none is configured.
    ///
    /// # Errors
    /// Why the file can't be used.
    pub(crate) fn create(path: &Path) -> Result<Option<Self>, String> {
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        let shown = path.display();
        if let Some(pid) = running(path) {
            return Err(format!("{shown} names process {pid}, which runs: is the daemon started twice?"));
        }
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(format!("{shown}: {e}")),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(path)
            .map_err(|e| format!("{shown}: {e}"))?;
        writeln!(file, "{}", std::process::id()).map_err(|e| format!("{shown}: {e}"))?;
        Ok(Some(Self(path.to_owned())))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The process that a pid file names, if it runs and isn't us.
fn running(path: &Path) -> Option<i32> {
    let pid: i32 = fs::read_to_string(path).ok()?.trim().parse().ok()?;
    let alive = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok();
    (alive && u32::try_from(pid) != Ok(std::process::id())).then_some(pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_of_a_running_process_is_respected_and_a_stale_one_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        fs::write(&path, format!("{}\n", std::os::unix::process::parent_id())).unwrap();
        assert!(PidFile::create(&path).unwrap_err().contains("which runs"));
        fs::write(&path, "999999999\n").unwrap();
        let file = PidFile::create(&path).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        drop(file);
        assert!(!path.exists());
    }
}
