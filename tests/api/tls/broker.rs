//! A broker of notifications.

use nova_cascade::config::Notifications;
use nova_cascade::sync::notifications;

use super::amqp::Broker;
use super::each_case;

#[tokio::test]
async fn a_broker_is_verified_before_it_gets_a_password() {
    let broker = Broker::start().await;
    each_case("notifications.tls", broker.address, async |port, tls| {
        let before = broker.passwords().len();
        let url = format!("amqps://nova:secret@localhost:{port}/%2F").into();
        let region = "RegionOne".to_owned();
        let settings = Notifications { region, url, tls, connect_timeout_ms: 30_000, ..Notifications::default() };
        // It ends each connection after the login.
        let said = notifications::check(&settings).await.expect_err("an end");
        if broker.passwords().len() > before { Ok(()) } else { Err(said) }
    })
    .await;
    assert!(broker.passwords().iter().all(|password| password == "secret"));
}
