//! Files that settings name: passwords, certificates, private keys.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

/// Longer files are none of ours: a bundle of all public CAs has about 250 KiB.
const BYTES_MAX: u64 = 4 * 1_024 * 1_024;

/// A file that a setting names cannot be used; says which setting and why, and nothing of what is in the file.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{setting} = {}: {reason}", path.display())]
pub struct FileError {
    /// The place in the configuration, e.g. `keystone.password_file`.
    pub setting: String,
    /// What it names.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl FileError {
    pub(crate) fn new(setting: &str, path: &Path, reason: impl Into<String>) -> Self {
        Self { setting: setting.to_owned(), path: path.to_owned(), reason: reason.into() }
    }
}

/// What is in a file.
///
/// # Errors
/// It is missing, may not be read, is no regular file, or is longer than 4 MiB.
pub fn read(setting: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let failed = |reason: String| FileError::new(setting, path, reason);
    let unreadable = |e: std::io::Error| failed(format!("cannot be read: {e}"));
    // Before it is opened: a named pipe would block there.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(failed("is no regular file".into()));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(failed("is longer than 4 MiB".into()));
    }
    Ok(bytes)
}

/// The secret that is all of a file but for the newline at its end.
///
/// # Errors
/// As [`read`]; also where it is empty or no UTF-8.
pub fn secret(setting: &str, path: &Path) -> Result<SecretString, FileError> {
    let bytes = read(setting, path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| FileError::new(setting, path, "is no UTF-8 text"))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(FileError::new(setting, path, "is empty: write the password into it"));
    }
    Ok(SecretString::from(line))
}

/// Whether every user of this machine may read it; false where that is not known.
#[must_use]
pub fn everybody_reads(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn with(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(file.path(), content).expect("written");
        file
    }

    #[test]
    fn a_secret_is_a_files_text_without_its_last_newline() {
        for (content, expected) in
            [("s3cret", "s3cret"), ("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" a b \n\n", " a b \n")]
        {
            let read = secret("keystone.password_file", with(content.as_bytes()).path()).expect("a secret");
            assert_eq!(read.expose_secret(), expected);
        }
    }

    #[test]
    fn a_file_that_holds_no_secret_is_refused_by_its_settings_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let (empty, binary) = (with(b"\n"), with(b"s3cret\xff"));
        let long = with(&vec![b'x'; 5 * 1_024 * 1_024]);
        for (path, reason) in [
            (folder.path().join("missing"), "cannot be read: No such file"),
            (folder.path().to_owned(), "is no regular file"),
            (empty.path().to_owned(), "is empty"),
            (binary.path().to_owned(), "is no UTF-8"),
            (long.path().to_owned(), "is longer than 4 MiB"),
        ] {
            let said = secret("keystone.password_file", &path).expect_err(reason).to_string();
            assert!(said.starts_with(&format!("keystone.password_file = {}: {reason}", path.display())), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}
