//! Keystone, and regions on both ways to them.

use std::net::SocketAddr;
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Method};
use nova_cascade::config::{Keystone, Region, Tls};
use nova_cascade::db::regions::{Found, RegionRow};
use nova_cascade::identity::TokenText;
use nova_cascade::microversion::MIN;
use nova_cascade::regions::forward::Bearer;
use nova_cascade::regions::{Registry, ServiceAccount, ServiceRequest, Upstream, UserApi};

use super::each_case;
use crate::sim::keystone::PASSWORD;
use crate::sim::{Service, SimCloud};

/// Where a URL leads.
pub fn address(url: &str) -> SocketAddr {
    let host = url.strip_prefix("http://").expect("a plain URL").split('/').next().expect("a host");
    host.parse().expect("an address")
}

fn keystone(url: String, tls: Tls) -> Keystone {
    Keystone { url, password: PASSWORD.into(), tls, ..Keystone::default() }
}

/// Waits for no busy machine.
fn region(tls: Tls) -> Region {
    Region { connect_timeout_ms: 30_000, tls, ..Region::default() }
}

#[tokio::test]
async fn keystone_is_verified() {
    let cloud = SimCloud::start(&[]).await;
    each_case("keystone.tls", address(&cloud.auth_url()), async |port, tls| {
        let settings = keystone(format!("https://localhost:{port}/v3"), tls);
        let account = ServiceAccount::new(&settings, &region(Tls::default()))?;
        account.session().await.map(drop).map_err(|error| error.to_string())
    })
    .await;
}

#[tokio::test]
async fn a_region_is_verified_for_the_service_account() {
    let cloud = SimCloud::start(&["RegionOne"]).await;
    let nova = cloud.region("RegionOne").url(Service::Nova);
    each_case("region.tls", address(&nova), async |port, tls| {
        let account = ServiceAccount::new(&keystone(cloud.auth_url(), Tls::default()), &region(tls))?;
        let request = ServiceRequest {
            method: Method::GET,
            url: format!("https://localhost:{port}/v2.1/servers"),
            headers: HeaderMap::new(),
            body: None,
            timeout: Duration::from_secs(30),
        };
        let answer = account.call("RegionOne", request).await.map_err(|error| error.to_string())?;
        assert_eq!(answer.status, 200);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_region_is_verified_for_users() {
    let cloud = SimCloud::start(&["RegionOne"]).await;
    let nova = cloud.region("RegionOne").url(Service::Nova);
    let token = TokenText::new(&HeaderValue::from_str(&cloud.token("demo")).expect("a token"));
    each_case("region.tls", address(&nova), async |port, tls| {
        let settings = region(tls);
        let (upstream, registry) = (Upstream::new(&settings)?, Registry::default());
        let compute_url = format!("https://localhost:{port}/v2.1");
        let found = Found { name: "RegionOne".into(), compute_url, ..Found::default() };
        registry.load(vec![RegionRow::found(&found)], &settings);
        let region = registry.by_name("RegionOne").expect("a region");
        let bearer = Bearer { share: "", token: &token, service_token: None, request_id: "req-1" };
        let timeout = Duration::from_secs(30);
        let api = UserApi { upstream: &upstream, region: &region, bearer: &bearer, timeout };
        let answer = api.compute(Method::GET, "/servers", MIN, None).await.map_err(|error| error.to_string())?;
        assert_eq!(answer.status, 200);
        Ok(())
    })
    .await;
}
