//! Where the daemon and its command line meet: folders of sockets and named pipes, the original's.

use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _};
use std::path::{Path, PathBuf};

use config::Settings;
use config::env::Environment;
use nix::unistd::{AccessFlags, User, access, chown, getuid};
use reactor::Admin;

/// The socket that the environment names, whatever the settings say; empty for none.
pub(crate) fn named_socket() -> Option<PathBuf> {
    Environment::of_process().get("exabgp_cli_socket").map(PathBuf::from)
}

/// The folders that are looked through, in this order: the system's, then the same below `root`.
pub(crate) fn folders(root: &Path) -> Vec<PathBuf> {
    let uid = getuid();
    let own = [
        "/run/exabgp".to_owned(),
        format!("/run/{uid}"),
        "/run".to_owned(),
        "/var/run/exabgp".to_owned(),
        format!("/var/run/{uid}"),
        "/var/run".to_owned(),
        format!("/run/user/{uid}"),
    ];
    let below = own.iter().filter_map(|f| Some(root.join(Path::new(f).strip_prefix("/").ok()?)));
    let below: Vec<PathBuf> = below.filter(|f| !own.iter().any(|o| Path::new(o) == f)).collect();
    own.iter().map(PathBuf::from).chain(below).collect()
}

/// What the daemon is to serve; makes `/run/exabgp` for it when started as root and there is no other place.
pub(crate) fn admin(settings: &Settings, root: &Path) -> Admin {
    if !settings.api.cli {
        return Admin::default();
    }
    let folders = folders(root);
    let socket = match named_socket() {
        Some(path) => Some(path).filter(|p| !p.as_os_str().is_empty()),
        None => socket_for(&settings.api.socketname, &folders, &settings.daemon.user),
    };
    Admin { socket, pipes: pipes_in(&settings.api.pipename, &folders) }
}

fn socket_for(name: &str, folders: &[PathBuf], user: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains('/') {
        return Some(PathBuf::from(name)).filter(|_| !name.is_empty());
    }
    let file = format!("{name}.sock");
    if let Some(known) = socket_in(name, folders) {
        return Some(known);
    }
    if getuid().is_root() {
        let folder = folders.first()?;
        if !folder.exists() {
            std::fs::DirBuilder::new().mode(0o700).create(folder).ok()?;
            // It is bound after privileges are given up.
            if let Ok(Some(user)) = User::from_name(user) {
                chown(folder, Some(user.uid), Some(user.gid)).ok()?;
            }
        }
        return Some(folder.join(file));
    }
    let usable = |f: &&PathBuf| f.is_dir() && access(f.as_path(), AccessFlags::W_OK).is_ok();
    Some(folders.iter().find(usable)?.join(file))
}

/// The socket of that name that is there.
pub(crate) fn socket_in(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(name.into());
    }
    let is_socket = |p: &PathBuf| p.metadata().is_ok_and(|m| m.file_type().is_socket());
    folders.iter().map(|f| f.join(format!("{name}.sock"))).find(is_socket)
}

/// The pair of named pipes of that name that is there: commands, answers.
pub(crate) fn pipes_in(name: &str, folders: &[PathBuf]) -> Option<(PathBuf, PathBuf)> {
    if name.is_empty() {
        return None;
    }
    let is_pipe = |p: &PathBuf| p.metadata().is_ok_and(|m| m.file_type().is_fifo());
    let here = [PathBuf::new()];
    let folders = if name.contains('/') { &here[..] } else { folders };
    let pairs = folders.iter().map(|f| (f.join(format!("{name}.in")), f.join(format!("{name}.out"))));
    pairs.into_iter().find(|(input, output)| is_pipe(input) && is_pipe(output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_needs_both_and_the_first_folder_wins() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folders = [one.path().to_owned(), two.path().to_owned()];
        let make = |folder: &Path, name: &str| {
            nix::unistd::mkfifo(&folder.join(name), nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
        };
        make(one.path(), "exabgp.in");
        assert_eq!(pipes_in("exabgp", &folders), None);
        make(two.path(), "exabgp.in");
        make(two.path(), "exabgp.out");
        assert_eq!(pipes_in("exabgp", &folders).unwrap().0, two.path().join("exabgp.in"));
        make(one.path(), "exabgp.out");
        assert_eq!(pipes_in("exabgp", &folders).unwrap().1, one.path().join("exabgp.out"));
        assert_eq!(pipes_in("", &folders), None);
        let whole = one.path().join("exabgp");
        assert!(pipes_in(whole.to_str().unwrap(), &[]).is_some());
    }

    #[test]
    fn folders_are_the_originals_and_those_below_the_root() {
        let all = folders(Path::new("/opt/exabgp"));
        assert_eq!(all.first().unwrap(), Path::new("/run/exabgp"));
        assert!(all.contains(&"/opt/exabgp/run/exabgp".into()));
        assert_eq!(folders(Path::new("/")).len(), 7, "each is looked at once");
        assert_eq!(socket_for("/a/b.sock", &all, "nobody"), Some("/a/b.sock".into()));
        assert_eq!(socket_for("", &all, "nobody"), None);
    }
}
