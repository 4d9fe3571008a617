//! Keystone.

use std::time::Duration;

use serde_json::{Value, json};

use crate::sim::keystone::PASSWORD;
use crate::sim::{Client, SimCloud, TokenSpec};

fn login(user: &str, project: &str) -> Value {
    let domain = json!({"id": "default"});
    json!({"auth": {
        "identity": {"methods": ["password"],
            "password": {"user": {"name": user, "domain": domain, "password": PASSWORD}}},
        "scope": {"project": {"name": project, "domain": {"name": "Default"}}},
    }})
}

#[tokio::test]
async fn a_password_buys_a_token_with_a_catalog() {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.add_cascade("Cascade", "http://127.0.0.1:1/v2.1");
    let keystone = Client::new(cloud.auth_url());
    assert_eq!(keystone.get("").await.json()["version"]["id"], "v3.14");
    let answer = keystone.post("/auth/tokens", login("demo", "demo")).await;
    assert_eq!(answer.status, 201);
    let token = &answer.json()["token"];
    assert_eq!(token["project"]["name"], "demo");
    assert_eq!(token["roles"].as_array().unwrap().len(), 2);
    let compute = token["catalog"].as_array().unwrap().iter().find(|service| service["type"] == "compute").unwrap();
    let regions: Vec<_> = compute["endpoints"].as_array().unwrap().iter().map(|e| e["region"].clone()).collect();
    assert_eq!(regions.len(), 9);
    let id = answer.header("x-subject-token").unwrap();
    let nova = Client::new(cloud.region("RegionTwo").url(crate::sim::Service::Nova)).token(id);
    assert_eq!(nova.get("/servers").await.status, 200);
    let wrong = keystone.post("/auth/tokens", login("demo", "alt")).await;
    assert_eq!(wrong.status, 401);
}

#[tokio::test]
async fn a_service_validates_tokens_until_they_are_gone() {
    let cloud = super::one_region().await;
    let (service, demo) = (cloud.token("cascade"), cloud.token("demo"));
    let about =
        |caller: &str, subject: &str| Client::new(cloud.auth_url()).token(caller).header("x-subject-token", subject);
    let answer = about(&service, &demo).get("/auth/tokens?nocatalog").await;
    assert_eq!(answer.json()["token"]["user"]["name"], "demo");
    assert!(answer.json()["token"].get("catalog").is_none());
    assert_eq!(about(&demo, &service).get("/auth/tokens").await.status, 403);
    assert_eq!(about("nonsense", &demo).get("/auth/tokens").await.status, 401);
    cloud.revoke(&demo);
    assert_eq!(about(&service, &demo).get("/auth/tokens").await.status, 404);
    let old = cloud.keystone.mint(TokenSpec::of("demo").expires_in(Duration::ZERO));
    assert_eq!(about(&service, &old).get("/auth/tokens").await.status, 404);
    assert_eq!(about(&service, &old).get("/auth/tokens?allow_expired=1").await.status, 200);
    assert_eq!(cloud.keystone.validations(), 6);
}

#[tokio::test]
async fn a_service_token_carries_an_expired_one() {
    let cloud = super::one_region().await;
    let old = cloud.keystone.mint(TokenSpec::of("demo").expires_in(Duration::ZERO));
    let nova = Client::new(cloud.region("RegionOne").url(crate::sim::Service::Nova)).token(&old);
    let refused = nova.get("/servers").await;
    assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (401, json!(401)));
    assert!(refused.header("www-authenticate").unwrap().starts_with("Keystone uri="));
    let carried = nova.header("x-service-token", &cloud.token("cascade"));
    assert_eq!(carried.get("/servers").await.status, 200);
}
