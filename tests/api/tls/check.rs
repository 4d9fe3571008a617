//! What the operator is told.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;

use nova_cascade::config::TlsVersion;

use super::gate::server;
use super::http::address;
use super::{Authority, Gate};
use crate::sim::SimCloud;
use crate::sim::keystone::PASSWORD;
use crate::support::{Database, on_each_database};

on_each_database!(the_setting_to_mend_is_named);

/// What `nova-cascade check` prints with these settings: its output, then its errors.
async fn check(database: &Database, settings: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nova-cascade"));
    command
        .env_remove("CASCADE_CONFIG")
        .env("CASCADE__DATABASE__URL", database.url())
        .env("CASCADE__LOG__FILTER", "off")
        .envs(settings.iter().copied())
        .arg("check");
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a task").expect("a command");
    assert!(!output.status.success(), "{output:?}");
    [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
}

async fn the_setting_to_mend_is_named(database: Arc<Database>) {
    let (authority, cloud) = (Authority::new("ours"), SimCloud::start(&[]).await);
    let served = server(&authority.issue("localhost"), TlsVersion::V1_3, None);
    let gate = Gate::start(served, address(&cloud.auth_url())).await;
    let url = format!("https://localhost:{}/v3", gate.port);
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = file.path().to_str().expect("a path");
    std::fs::write(file.path(), PASSWORD).expect("written");
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).expect("a mode");
    let settings = [("CASCADE__KEYSTONE__URL", url.as_str()), ("CASCADE__KEYSTONE__PASSWORD_FILE", path)];
    let said = check(&database, &settings).await;
    assert!(said.contains("WRONG identity: ") && said.contains("see keystone.tls.cafile"), "{said}");
    assert!(said.contains(&format!("note  keystone.password_file = {path}: every user")), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    let ca = authority.cafile();
    let ca = ca.to_str().expect("a path");
    for (name, value, expected) in [
        ("CASCADE__KEYSTONE__TLS__CAFILE", "/nowhere/ca.pem", "keystone.tls.cafile = /nowhere/ca.pem: cannot be read"),
        ("CASCADE__REGION__TLS__CAFILE", path, "region.tls.cafile = "),
        ("CASCADE__REGION__TLS__CERTFILE", ca, "has no private key"),
        ("CASCADE__REGION__TLS__MIN_VERSION", "1.1", "min_version must be"),
        ("CASCADE__KEYSTONE__PASSWORD", "other", "keystone.password_file = (set): password is set too"),
    ] {
        let said = check(&database, &[settings[0], settings[1], (name, value)]).await;
        assert!(said.contains(expected), "{said}");
    }
}
