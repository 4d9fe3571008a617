//! Values that are read from files, again after these have changed: certificates are renewed while we run.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::TlsError;

/// Tells one content of a file from another: inode, length, modification and change in nanoseconds.
type Stamp = Option<(u64, u64, i64, i64, i64, i64)>;

type Read<T> = Box<dyn Fn() -> Result<T, TlsError> + Send + Sync>;

/// A value and the files it was read from; to get it costs a `stat` a file.
pub struct Renewed<T> {
    files: Vec<PathBuf>,
    read: Read<T>,
    held: Mutex<(Vec<Stamp>, T)>,
}

impl<T: Clone> Renewed<T> {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// What `read` says.
    pub fn new(
        files: Vec<PathBuf>,
        read: impl Fn() -> Result<T, TlsError> + Send + Sync + 'static,
    ) -> Result<Self, TlsError> {
        // Before the files are read: what changes meanwhile is read again.
        let stamps = stamps(&files);
        let value = read()?;
        Ok(Self { files, read: Box::new(read), held: Mutex::new((stamps, value)) })
    }

    /// The value of the files as they are; where they cannot be used, the last one that could.
    pub fn get(&self) -> T {
        let stamps = stamps(&self.files);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.0 != stamps {
            match (self.read)() {
                Ok(value) => held.1 = value,
                Err(error) => tracing::warn!(%error, "certificates have changed and cannot be used; the former are"),
            }
            held.0 = stamps;
        }
        held.1.clone()
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file: &PathBuf| {
        let m = fs::metadata(file).ok()?;
        Some((m.ino(), m.len(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()))
    };
    files.iter().map(stamp).collect()
}

impl<T> fmt::Debug for Renewed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed").field("files", &self.files).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_read_again_and_a_bad_one_changes_nothing() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let path = file.path().to_owned();
        let read = {
            let path = path.clone();
            move || {
                let text = fs::read_to_string(&path).expect("a text");
                text.parse::<u32>().map_err(|e| TlsError::Settings("test", e.to_string()))
            }
        };
        fs::write(&path, "1").expect("written");
        let number = Renewed::new(vec![path.clone()], read).expect("a number");
        for (content, expected) in [("1", 1), ("22", 22), ("none", 22), ("333", 333)] {
            fs::write(&path, content).expect("written");
            assert_eq!(number.get(), expected);
        }
    }
}
