//! A whole service over TLS, whose certificates are exchanged while it runs.

use std::fs;
use std::sync::Arc;

use nova_cascade::config::{RegionEntry, Tls, TlsVersion};
use rustls::ServerConfig;

use super::gate::server;
use super::http::address;
use super::{Authority, Gate};
use crate::sim::{Service, SimCloud};
use crate::support::{Database, World, on_each_database};

on_each_database!(certificates_are_exchanged_while_the_service_runs);

/// Demands a certificate of the same authority.
fn demanding(authority: &Authority) -> ServerConfig {
    server(&authority.issue("localhost"), TlsVersion::V1_3, Some(authority))
}

/// A gate, and the URL that leads through it.
async fn before(plain: &str, authority: &Authority) -> (Gate, String) {
    let target = address(plain);
    let gate = Gate::start(demanding(authority), target).await;
    let url = plain.replace(&format!("http://{target}"), &format!("https://localhost:{}", gate.port));
    (gate, url)
}

async fn certificates_are_exchanged_while_the_service_runs(database: Arc<Database>) {
    let (first, second) = (Authority::new("first"), Authority::new("second"));
    let tls = Tls { min_version: TlsVersion::V1_3, ..first.trusted_with_client() };
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    let (keystone, keystone_url) = before(&cloud.auth_url(), &first).await;
    let (mut gates, mut regions) = (vec![keystone], Vec::new());
    for region in cloud.regions() {
        let mut entry = RegionEntry { name: region.name.clone(), ..RegionEntry::default() };
        for (service, url) in [
            (Service::Nova, &mut entry.compute_url),
            (Service::Neutron, &mut entry.network_url),
            (Service::Glance, &mut entry.image_url),
            (Service::Placement, &mut entry.placement_url),
        ] {
            let (gate, secured) = before(&region.url(service), &first).await;
            gates.push(gate);
            *url = secured;
        }
        regions.push(entry);
    }
    let world = World::over(cloud, &database, |config| {
        (config.keystone.url, config.keystone.tls) = (keystone_url, tls.clone());
        (config.regions, config.region.tls) = (regions, tls.clone());
        config.region.connect_timeout_ms = 30_000;
        // Each call is a connection of its own.
        config.region.idle_connection_s = 0;
    })
    .await;
    let id = world.boot("RegionOne", "before").await;

    gates.iter().for_each(|gate| gate.set(demanding(&second)));
    let renewed = second.trusted_with_client();
    for (from, to) in [(renewed.cafile, tls.cafile), (renewed.certfile, tls.certfile), (renewed.keyfile, tls.keyfile)] {
        fs::copy(from.expect("a file"), to.expect("a file")).expect("copied");
    }
    world.synced().await;
    world.boot("RegionTwo", "after").await;
    assert_eq!(world.show(&id).await["status"], "ACTIVE");
}
