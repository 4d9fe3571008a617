//! Proof that the simulator is what tests take it for, over real sockets.

mod faults;
mod flavors;
mod identity;
mod lists;
mod neighbours;
mod protocol;
mod servers;

use serde_json::{Value, json};

use crate::sim::{Client, Service, SimCloud, SimRegion};

/// A cloud of one region.
async fn one_region() -> SimCloud {
    SimCloud::start(&["RegionOne"]).await
}

/// A client of the region's Nova as a user, at a microversion.
fn nova(cloud: &SimCloud, user: &str, version: &str) -> Client {
    at(cloud, Service::Nova, user).version(version)
}

fn at(cloud: &SimCloud, service: Service, user: &str) -> Client {
    Client::new(cloud.region("RegionOne").url(service)).token(&cloud.token(user))
}

/// A body that boots.
fn boot(region: &SimRegion, name: &str) -> Value {
    let (image, network) = (region.glance.id_of("cirros"), region.neutron.id_of("shared"));
    json!({"server": {
        "name": name, "flavorRef": "1", "imageRef": image, "networks": [{"uuid": network}],
    }})
}
