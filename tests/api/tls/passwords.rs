//! Passwords that change while the service runs.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use nova_cascade::config::Notifications;
use tempfile::NamedTempFile;

use super::amqp::Broker;
use crate::sim::SimCloud;
use crate::sim::keystone::PASSWORD;
use crate::support::{Database, World, on_each_database, wait_until};

on_each_database!(
    the_service_accounts_password_changes,
    a_password_file_that_is_late_is_waited_for,
    a_session_does_not_keep_the_password_it_began_with,
    a_brokers_password_changes,
);

fn file(password: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    write(&file, password);
    file
}

fn write(file: &NamedTempFile, password: &str) {
    fs::write(file.path(), format!("{password}\n")).expect("written");
}

/// A world whose service account has its password in a file.
async fn world(database: &Arc<Database>, file: &NamedTempFile, cloud: SimCloud) -> World {
    World::over(cloud, database, |config| {
        config.keystone.password = "".into();
        config.keystone.password_file = Some(file.path().into());
    })
    .await
}

async fn cloud() -> SimCloud {
    SimCloud::start(&["RegionOne", "RegionTwo"]).await
}

async fn the_service_accounts_password_changes(database: Arc<Database>) {
    let file = file(PASSWORD);
    let world = world(&database, &file, cloud().await).await;
    world.boot("RegionOne", "before").await;
    write(&file, "another");
    world.cloud.keystone.set_password("cascade", "another");
    world.synced().await;
    world.boot("RegionTwo", "after").await;
}

async fn a_password_file_that_is_late_is_waited_for(database: Arc<Database>) {
    let file = file(PASSWORD);
    let world = world(&database, &file, cloud().await).await;
    let logins = || world.cloud.keystone.journal().count("POST /v3/auth/tokens");
    let before = logins();
    world.cloud.keystone.set_password("cascade", "another");
    wait_until("a login with the old password", async || logins() > before).await;
    write(&file, "another");
    world.synced().await;
    world.boot("RegionOne", "after").await;
}

async fn a_session_does_not_keep_the_password_it_began_with(database: Arc<Database>) {
    let (file, cloud) = (file(PASSWORD), cloud().await);
    // So short that it is renewed at each use.
    cloud.keystone.set_token_life(Duration::from_secs(60));
    let world = world(&database, &file, cloud).await;
    world.boot("RegionOne", "before").await;
    write(&file, "another");
    world.cloud.keystone.keep_tokens_with("cascade", "another");
    world.synced().await;
    world.boot("RegionTwo", "after").await;
}

async fn a_brokers_password_changes(database: Arc<Database>) {
    let (file, broker) = (file("first"), Broker::start().await);
    let entry = Notifications {
        region: "RegionOne".into(),
        url: format!("amqp://nova@{}/%2F", broker.address).into(),
        password_file: Some(file.path().into()),
        ..Notifications::default()
    };
    let _world = World::with(&database, |config| config.notifications = vec![entry]).await;
    let last = async |password: &str| broker.passwords().last().is_some_and(|last| last == password);
    wait_until("a login with the first password", async || last("first").await).await;
    write(&file, "second");
    wait_until("one with the second", async || last("second").await).await;
}
