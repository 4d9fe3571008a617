//! No secret is in the log, whatever `log.filter` asks for.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use http_body_util::Full;
use nova_cascade::microversion::MAX_KNOWN;
use serde_json::json;

use crate::sim::{Client, Fault, Kind, Service, SimCloud};
use crate::support::log::{lines, log};
use crate::support::{Database, World, accepted, on_each_database, send};

on_each_database!(a_walk_with_secrets_leaves_none_in_the_log, what_is_asked_of_a_console_token_is_logged_without_it);

/// Secrets of one walk, found again by what they hold.
struct Secrets(Vec<String>);

impl Secrets {
    /// A new one that no other walk has.
    fn make(&mut self, kind: &str) -> String {
        let secret = format!("{kind}-{}", uuid::Uuid::new_v4().simple());
        self.note(&secret)
    }

    /// One that was made elsewhere.
    fn note(&mut self, secret: &str) -> String {
        self.0.push(secret.to_owned());
        secret.to_owned()
    }

    #[track_caller]
    fn expect_none_logged(&self) {
        for secret in &self.0 {
            assert!(lines(secret).is_empty(), "{secret} in the log: {:?}", lines(secret));
        }
    }
}

/// A user whose token is one of the secrets.
fn user(world: &World, secrets: &mut Secrets, name: &str, version: &str) -> Client {
    world.top.client().token(&secrets.note(&world.cloud.token(name))).version(version)
}

async fn a_walk_with_secrets_leaves_none_in_the_log(database: Arc<Database>) {
    log();
    let mut secrets = Secrets(Vec::new());
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    let password = secrets.make("account");
    cloud.keystone.set_password("cascade", &password);
    let world = World::over(cloud, &database, |config| config.keystone.password = password.as_str().into()).await;
    secrets.note(world.top.app.service.token().await.expect("a token").to_str().expect("text"));
    secrets.0.extend(database_password(database.url()));

    let demo = user(&world, &mut secrets, "demo", "2.1");
    let server = boots(&world, &mut secrets, &demo).await;
    let password = secrets.make("rebuilt");
    let path = format!("/servers/{server}/action");
    for body in [
        json!({"rebuild": {"imageRef": world.image(), "adminPass": password}}),
        json!({"changePassword": {"adminPass": password}}),
        json!({"changePassword": {"adminPass": {"not a text": password}}}),
        json!({"rescue": {"adminPass": password}}),
    ] {
        demo.post(&path, body).await;
    }
    let admin = user(&world, &mut secrets, "admin", &MAX_KNOWN.to_string());
    let user_data = secrets.0.iter().find(|secret| secret.starts_with("dXNlci")).expect("user data");
    admin.get(&format!("/servers?all_tenants=1&user_data={user_data}")).await;
    admin.get(&format!("/servers/{server}")).await;
    key_pairs(&mut secrets, &demo).await;
    tokens(&world, &mut secrets).await;
    secrets.expect_none_logged();
    // The log does have what happened.
    assert!(!lines(&server).is_empty());
}

/// Boots with a password and user data: one that works, some that do not. The id of the first.
async fn boots(world: &World, secrets: &mut Secrets, demo: &Client) -> String {
    let mut body = world.body_in("RegionOne", "walk");
    body["server"]["adminPass"] = json!(secrets.make("admin-pass"));
    body["server"]["user_data"] = json!(secrets.note(&STANDARD.encode(format!("user-{}", uuid::Uuid::new_v4()))));
    let path = "/v2.1/servers";
    for kind in [Kind::CloseBeforeEffect, Kind::Garbage(500, "no"), Kind::Garbage(200, "{"), Kind::Answer(409, "no")] {
        world.one().faults.push(Fault::new(kind).on(Service::Nova).method("POST").path(path).times(1));
        demo.post("/servers", body.clone()).await;
    }
    world.one().faults.clear();
    let server = accepted(&demo.post("/servers", body.clone()).await);
    world.wait_status(&server, "ACTIVE").await;
    body["server"]["adminPass"] = json!([secrets.make("no-text")]);
    body["server"]["user_data"] = json!(secrets.make("no base64"));
    demo.post("/servers", body).await;
    server
}

/// A pair whose private key is made here.
async fn key_pairs(secrets: &mut Secrets, demo: &Client) {
    let made = demo.post("/os-keypairs", json!({"keypair": {"name": "k"}})).await.json();
    let key = made["keypair"]["private_key"].as_str().expect("a private key");
    secrets.0.extend(key.lines().filter(|line| line.len() == 64).map(str::to_owned));
    demo.post("/os-keypairs", json!({"keypair": {"name": "k2", "public_key": secrets.make("no-key")}})).await;
}

/// Tokens that are refused, and those that cannot be asked about.
async fn tokens(world: &World, secrets: &mut Secrets) {
    let refused = world.top.client().token(&secrets.make("refused-token"));
    assert_eq!(refused.get("/servers").await.status, 401);
    for kind in [Kind::Garbage(500, "no"), Kind::Garbage(200, "{"), Kind::CloseBeforeEffect] {
        let asked = Fault::new(kind).on(Service::Keystone).method("GET").path("/v3/auth/tokens");
        world.cloud.faults.push(asked);
        let unknown = world.top.client().token(&secrets.make("unknown-token"));
        assert_eq!(unknown.get("/servers").await.status, 503);
        world.cloud.faults.clear();
    }
    // A request whose JSON breaks off in the middle of a secret.
    let body = format!("{{\"server\": {{\"adminPass\": \"{}", secrets.make("broken"));
    let request = Request::post("/v2.1/servers").header("host", "top").header("content-type", "application/json");
    let request = request.header("x-auth-token", world.cloud.token("demo")).body(Full::from(body)).expect("a request");
    assert_eq!(send(&world.top.url, request).await.expect("an answer").status, 400);
}

/// In `mysql://user:password@host/name`.
fn database_password(url: &str) -> Option<String> {
    let (account, _) = url.strip_prefix("mysql://")?.rsplit_once('@')?;
    account.split_once(':').map(|(_, password)| password.to_owned()).filter(|password| !password.is_empty())
}

async fn what_is_asked_of_a_console_token_is_logged_without_it(database: Arc<Database>) {
    log();
    let world = World::start(&database).await;
    let mut secrets = Secrets(Vec::new());
    let token = secrets.make("console");
    let project = world.cloud.keystone.project_id("demo");
    let admin = user(&world, &mut secrets, "admin", "2.31");
    let old = user(&world, &mut secrets, "admin", "2.1");
    let demo = user(&world, &mut secrets, "demo", "2.31");
    let bare = Client::new(&world.top.url).token(&secrets.note(&world.cloud.token("admin")));
    let path = format!("/os-console-auth-tokens/{token}");
    let mut answers = vec![
        admin.get(&path).await,
        admin.get(&format!("/{project}{path}?of=it")).await,
        old.get(&path).await,
        demo.get(&path).await,
        world.top.client().get(&path).await,
        admin.delete(&path).await,
        admin.get(&format!("{path}/more")).await,
        bare.get(&path).await,
        bare.get(&format!("/v2{path}")).await,
        bare.get(&format!("/v2.1/os%2Dconsole-auth-tokens/{token}")).await,
        bare.get(&format!("/v2.1/os-console-auth-tokens%252F{token}")).await,
    ];
    for kind in [Kind::CloseBeforeEffect, Kind::Garbage(200, "{"), Kind::Answer(500, "no")] {
        world.one().faults.push(Fault::new(kind).on(Service::Nova).path("/v2.1/os-console-auth-tokens").times(1));
        answers.push(admin.get(&path).await);
    }
    for answer in &answers {
        let id = answer.header("x-cascade-request-id").expect("an id");
        let lines = lines(id);
        let line = lines.iter().find(|line| line["target"] == "nova_cascade::access").expect("a line");
        let path = line["path"].as_str().expect("a path");
        assert!(path.ends_with("console-auth-tokens/{token}"), "{line}");
    }
    let server = world.boot("RegionOne", "web").await;
    let url = secrets.make("console-url");
    let console: &'static str = json!({"remote_console": {"url": url}}).to_string().leak();
    let path = format!("/v2.1/servers/{server}/remote-consoles");
    world
        .one()
        .faults
        .push(Fault::new(Kind::Garbage(200, console)).on(Service::Nova).path("/v2.1/servers").method("POST"));
    let body = json!({"remote_console": {"protocol": "vnc", "type": "novnc"}});
    let made = world.user("demo", "2.31").post(path.trim_start_matches("/v2.1"), body).await;
    assert!(String::from_utf8_lossy(&made.body).contains(&url), "{made:?}");
    secrets.expect_none_logged();
}
