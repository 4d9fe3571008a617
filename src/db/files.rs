//! `SQLite`'s files belong to the service's account alone: rows hold user data and names of all projects.

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Readable and writable for the owner.
const MODE: u32 = 0o600;
/// All that others may do.
const OTHERS: u32 = 0o077;

/// Behind the name of the database's file: the lock of the process that serves.
pub(super) const LOCK: &str = ".lock";
/// Behind the name of the database's file: what `SQLite` makes beside it, with the mode that the database's file has
/// (`findCreateFileMode` and `unixOpenSharedMemory` in its `os_unix.c`).
const ITS_OWN: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Makes the file of a database where it is missing, before `SQLite` does with the process's umask; takes all that others
/// may do from files that are there.
///
/// # Errors
/// Text for the operator: the path is none of a file, or cannot be opened.
pub(super) fn prepare(path: &str) -> Result<(), String> {
    // One database a connection, and a URI that would be another file for the lock.
    if path.is_empty() || path.starts_with(':') || path.starts_with("file:") {
        return Err("database.url must name a file: sqlite:///path/to/file".into());
    }
    let path = Path::new(path);
    // A file that is there is not opened: closing it would give up the locks that this process has on it by SQLite
    // (fcntl(2)).
    match path.metadata() {
        Ok(_) => tighten(path),
        Err(error) if error.kind() == ErrorKind::NotFound => drop(open_private(path)?),
        Err(error) => return Err(cannot_open(path, &error)),
    }
    for suffix in ITS_OWN {
        tighten(&beside(path, suffix));
    }
    Ok(())
}

/// Opens a file for writing; makes it for the owner alone where it is missing.
///
/// # Errors
/// Text for the operator.
pub(super) fn open_private(path: &Path) -> Result<File, String> {
    let file = File::options().create(true).truncate(false).write(true).mode(MODE).open(path);
    let file = file.map_err(|error| cannot_open(path, &error))?;
    tighten(path);
    Ok(file)
}

fn cannot_open(path: &Path, error: &std::io::Error) -> String {
    format!("cannot open {}: {error}", path.display())
}

/// The path with something behind its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Takes from others what they may do, where the file is there. Where that fails (it is another account's), the operator
/// is warned: the service did run with it so far.
fn tighten(path: &Path) {
    let Ok(metadata) = path.metadata() else { return };
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        return;
    }
    let before = format!("{mode:04o}");
    match std::fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS)) {
        Ok(()) => {
            tracing::warn!(file = %path.display(), before, "a file of the database was open to others; no longer");
        }
        Err(error) => {
            tracing::warn!(file = %path.display(), before, %error, "a file of the database is open to others");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::db::Db;

    fn mode(path: &Path) -> u32 {
        path.metadata().expect("a file").permissions().mode() & 0o777
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn all_files_that_are_made_are_the_owners() {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("db").display());
        let db = Db::open(&config::Database { url: url.into(), ..config::Database::default() }).expect("a database");
        let _lock = db.lock_for_serving().expect("a lock");
        crate::db::migrate(&db).await.expect("a schema");
        let entries = directory.path().read_dir().expect("a directory").map(|entry| entry.expect("an entry"));
        let mut files: Vec<_> =
            entries.map(|entry| (entry.file_name().into_string().expect("text"), mode(&entry.path()))).collect();
        files.sort();
        assert_eq!(files, ["db", "db-shm", "db-wal", "db.lock"].map(|name| (name.to_owned(), 0o600)));
    }

    #[test]
    fn files_that_were_wide_are_the_owners() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("top.db");
        let names = ["", "-wal", "-shm", "-journal", LOCK].map(|suffix| beside(&path, suffix));
        for name in &names {
            std::fs::write(name, "rows").expect("written");
            std::fs::set_permissions(name, Permissions::from_mode(0o664)).expect("a mode");
        }
        prepare(path.to_str().expect("text")).expect("prepared");
        drop(open_private(&beside(&path, LOCK)).expect("opened"));
        for name in &names {
            assert_eq!(
                (mode(name), std::fs::read(name).expect("read")),
                (0o600, b"rows".to_vec()),
                "{}",
                name.display()
            );
        }
    }

    #[test]
    fn a_path_that_is_no_file_is_refused() {
        for path in ["", ":memory:", "file:/tmp/top.db?mode=rw", "/nowhere/at/all/top.db"] {
            assert!(prepare(path).is_err(), "{path}");
        }
    }
}
