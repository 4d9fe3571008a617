//! From a file and the environment to the tree.
//!
//! What the environment says stays text until the tree says which type a key has: a password of digits is no number, and
//! `2.100` is no `2.1`. Numbers and switches are read from text by their keys' types. Where a list is wanted, the text is
//! read as the file has one: `["a", "b"]`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use config::{File, FileFormat, Value};

use super::{Config, ConfigError};

/// In front of the names of the environment's settings, and between their parts; compared without regard to case.
const PREFIX: &str = "cascade__";
const SEPARATOR: &str = "__";

/// The tree of `file` (if any) with the environment over it, not checked yet.
///
/// # Errors
/// [`ConfigError::Read`], without any value: it may be a secret's.
pub(super) fn read(
    file: Option<&Path>,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Config, ConfigError> {
    let mut given = settings(environment)?;
    loop {
        match tree(file, &given) {
            // Each turn makes a list of one text, so this ends.
            Err(config::ConfigError::Type { key: Some(key), .. } | config::ConfigError::At { key: Some(key), .. })
                if as_list(&mut given, &key) => {}
            result => return result.map_err(|error| ConfigError::Read(without_values(&error))),
        }
    }
}

/// The settings in the environment, by their keys in the tree.
fn settings(environment: impl Iterator<Item = (OsString, OsString)>) -> Result<BTreeMap<String, Value>, ConfigError> {
    let mut given = BTreeMap::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().map(str::to_lowercase) else { continue };
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        let key = key.replace(SEPARATOR, ".");
        let value =
            value.into_string().map_err(|_| ConfigError::Read(format!("{key} in the environment is no UTF-8")))?;
        given.insert(key, Value::new(Some(&"the environment".to_owned()), value));
    }
    Ok(given)
}

fn tree(file: Option<&Path>, given: &BTreeMap<String, Value>) -> Result<Config, config::ConfigError> {
    let mut builder = config::Config::builder();
    if let Some(path) = file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    for (key, value) in given {
        builder = builder.set_override(key, value.clone())?;
    }
    builder.build()?.try_deserialize()
}

/// Makes a list of what the environment says for a key, where it is text that reads as one.
fn as_list(given: &mut BTreeMap<String, Value>, key: &str) -> bool {
    let Some(value) = given.get_mut(key) else { return false };
    let Ok(text) = value.clone().into_string() else { return false };
    let file = File::from_str(&format!("list = {text}"), FileFormat::Toml);
    let Ok(read) = config::Config::builder().add_source(file).build() else { return false };
    let Ok(list) = read.get_array("list") else { return false };
    *value = Value::new(Some(&"the environment".to_owned()), list);
    true
}

/// The error's key, place and reason.
fn without_values(error: &config::ConfigError) -> String {
    use config::ConfigError::{At, FileParse, Type};

    let (reason, key, origin) = match error {
        Type { expected, key, origin, .. } => (format!("wrong type, expected {expected}"), key.as_deref(), origin),
        At { error, key, origin } => (without_values(error), key.as_deref(), origin),
        FileParse { cause, uri } => (without_excerpt(&cause.to_string()), None, uri),
        other => {
            // serde's `invalid type: string "…", expected …`.
            let text = other.to_string();
            let expected = text.strip_prefix("invalid ").and_then(|rest| rest.rsplit_once(", expected "));
            return expected.map_or(text.clone(), |(_, expected)| format!("wrong type, expected {expected}"));
        }
    };
    let key = key.map(|key| format!(" for key `{key}`")).unwrap_or_default();
    let origin = origin.as_ref().map(|origin| format!(" in {origin}")).unwrap_or_default();
    format!("{reason}{key}{origin}")
}

/// A TOML error without the lines that show the file: `3 | password = …`.
fn without_excerpt(text: &str) -> String {
    let is_excerpt = |line: &&str| line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|');
    let lines: Vec<&str> = text.lines().filter(|line| !is_excerpt(line) && !line.is_empty()).collect();
    lines.join(": ")
}

#[cfg(test)]
mod tests {
    use config::{Map, Source, ValueKind};
    use secrecy::ExposeSecret;

    use super::*;

    const EXPLAINED: &str = include_str!("../../config/nova-cascade.toml");

    fn from(environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        read(None, environment.iter().map(|(name, value)| (name.into(), value.into())))
    }

    fn from_file(text: &str) -> Result<Config, ConfigError> {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a temporary file");
        std::fs::write(file.path(), text).expect("written");
        read(Some(file.path()), std::iter::empty())
    }

    /// All keys with their defaults, those that have none with the example in the file.
    fn leaves() -> Vec<(String, ValueKind)> {
        // Tables of a list are no keys.
        let sections = EXPLAINED.split("\n\n").filter(|section| !section.contains("# [["));
        let text: Vec<&str> = sections.flat_map(str::lines).map(|line| optional(line).unwrap_or(line)).collect();
        let file = File::from_str(&text.join("\n"), FileFormat::Toml);
        let root = config::Config::builder().add_source(file).build().expect("TOML").collect().expect("a table");
        let mut found = Vec::new();
        walk("", root, &mut found);
        found
    }

    /// A key without a default, from its comment.
    fn optional(line: &str) -> Option<&str> {
        line.strip_prefix("# ").filter(|rest| rest.split(' ').nth(1) == Some("="))
    }

    fn walk(prefix: &str, table: Map<String, Value>, found: &mut Vec<(String, ValueKind)>) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match value.kind {
                ValueKind::Table(inner) => walk(&key, inner, found),
                kind => found.push((key, kind)),
            }
        }
    }

    /// What is tried for a key: as TOML has it, and as the environment does.
    fn tries(kind: &ValueKind) -> Vec<(String, String)> {
        let text = |text: &str| (format!("{text:?}"), text.to_owned());
        match kind {
            ValueKind::String(default) => ["0012", "true", "2.100", "[1]", "", default].map(text).to_vec(),
            ValueKind::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| format!("{:?}", item.to_string())).collect();
                let with = |one: &str| format!("[{}]", [items.clone(), vec![one.to_owned()]].concat().join(", "));
                ["\"more\"", "\"192.0.2.10\""].map(with).map(|list| (list.clone(), list)).to_vec()
            }
            ValueKind::Boolean(default) => vec![((!default).to_string(), (!default).to_string())],
            ValueKind::I64(default) => vec![((default + 1).to_string(), (default + 1).to_string())],
            ValueKind::Float(default) => vec![((default + 0.5).to_string(), (default + 0.5).to_string())],
            // Nothing to try: the test says so.
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_setting_is_the_same_from_file_and_environment() {
        let leaves = leaves();
        assert!(leaves.len() > 80, "{}", leaves.len());
        for (key, kind) in leaves {
            let name = format!("CASCADE__{}", key.to_uppercase().replace('.', "__"));
            let (section, leaf) = key.rsplit_once('.').expect("a section");
            let mut taken = 0;
            for (toml, text) in tries(&kind) {
                let file = from_file(&format!("[{section}]\n{leaf} = {toml}\n"));
                match (file, from(&[(&name, &text)])) {
                    (Ok(file), Ok(environment)) => {
                        assert_eq!(format!("{environment:?}"), format!("{file:?}"), "{name}={text}");
                        taken += 1;
                    }
                    // What has a form (an address, a word of a few) refuses most texts either way.
                    (file, environment) => {
                        assert!(file.is_err() && environment.is_err(), "{name}={text}: {file:?} {environment:?}");
                    }
                }
            }
            assert!(taken > 0, "{key} cannot be set");
        }
    }

    #[test]
    fn secrets_stay_as_typed() {
        for secret in ["0012", "12", "true", "False", "1e3", "2.100", "[\"a\"]", " a ", "", "{}", "é"] {
            let config =
                from(&[("CASCADE__KEYSTONE__PASSWORD", secret), ("CASCADE__DATABASE__URL", secret)]).expect("a tree");
            assert_eq!(config.keystone.password.expose_secret(), secret);
            assert_eq!(config.database.url.expose_secret(), secret);
        }
    }

    #[test]
    fn lists_are_given_as_the_file_has_them() {
        let notifications = r#"[{region = "RegionOne", url = "amqp://nova:0012@broker/"}]"#;
        let config = from(&[
            ("CASCADE__REGION__TOP_NAMES", r#"["Top", "0012"]"#),
            ("cascade__boot__filters", "[]"),
            ("CASCADE__REGIONS", r#"[{name = "RegionOne", compute_url = "http://one:8774/v2.1"}]"#),
            ("CASCADE__NOTIFICATIONS", notifications),
        ])
        .expect("a tree");
        assert_eq!(config.region.top_names, ["Top", "0012"]);
        assert!(config.boot.filters.is_empty());
        assert_eq!(config.regions[0].compute_url, "http://one:8774/v2.1");
        assert_eq!(config.notifications[0].url.expose_secret(), "amqp://nova:0012@broker/");
    }

    #[test]
    fn an_error_names_the_key_and_shows_no_value() {
        let environment = |name: &str, value: &str| from(&[(name, value)]).expect_err(name).to_string();
        let file = |text: &str| from_file(text).expect_err(text).to_string();
        for (error, place) in [
            (environment("CASCADE__KEYSTONE__TIMEOUT_MS", "s3cret"), "keystone.timeout_ms"),
            (environment("CASCADE__NOTIFICATIONS", "amqp://nova:s3cret@broker/"), "notifications"),
            (environment("CASCADE__NOTIFICATIONS", "[\"s3cret\"]"), "notifications"),
            (environment("CASCADE__KEYSTONE", "s3cret"), "keystone"),
            (environment("CASCADE__KEYSTONE__PASSWORT", "s3cret"), "passwort"),
            (file("[keystone]\npassword = s3cret\n"), "line 2"),
            (file("[keystone]\npassword = \"s3cret\n"), "line 2"),
            (file("[keystone]\npassword = [\"s3cret\"]\n"), "keystone.password"),
        ] {
            assert!(error.contains(place) && !error.contains("s3cret"), "{place}: {error}");
        }
    }
}
