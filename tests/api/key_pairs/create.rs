//! What is imported, made and refused.

use std::sync::Arc;

use nova_cascade::crypto::Kind;
use serde_json::{Value, json};

use super::{KEY, import, listed};
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(an_ssh_pair_is_made, a_certificate_is_made, bad_bodies_are_refused_in_novas_words, names_are_novas);

async fn an_ssh_pair_is_made(database: Arc<Database>) {
    let world = World::start(&database).await;
    for version in ["2.1", "2.2", "2.91"] {
        let demo = world.user("demo", version);
        let made = demo.post("/os-keypairs", json!({"keypair": {"name": "k"}})).await.json()["keypair"].clone();
        let text = |key: &str| made[key].as_str().unwrap_or_else(|| panic!("{key} in {made}")).to_owned();
        assert!(text("private_key").starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "{version}");
        assert!(text("public_key").starts_with("ssh-rsa AAAA") && text("public_key").ends_with(" Generated-by-Nova"));
        assert_eq!(Kind::Ssh.fingerprint(&text("public_key")), Ok(text("fingerprint")));
        let shown = demo.get("/os-keypairs/k").await.json()["keypair"].clone();
        assert_eq!((&shown["public_key"], &shown["private_key"]), (&made["public_key"], &Value::Null));
        // Nowhere is the private key kept.
        let row = "SELECT CONCAT(user_id, name, kind, fingerprint, public_key) AS text FROM key_pairs";
        let rows = database.texts(row).await;
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].contains("PRIVATE") && !rows[0].contains(&text("private_key")[40..80]));
        demo.delete("/os-keypairs/k").await;
    }
    let late = world.user("demo", "2.92").post("/os-keypairs", json!({"keypair": {"name": "k"}})).await;
    let words = "Invalid input for field/attribute keypair. Value: {'name': 'k'}. 'public_key' is a required property";
    assert_eq!(refused(&late, 400), words);
}

async fn a_certificate_is_made(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.user("demo", "2.2");
    let body = json!({"keypair": {"name": "k", "type": "x509"}});
    let made = demo.post("/os-keypairs", body).await.json()["keypair"].clone();
    let certificate = made["public_key"].as_str().expect("a certificate");
    assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----\n"), "{certificate}");
    assert_eq!(Kind::X509.fingerprint(certificate).ok().as_deref(), made["fingerprint"].as_str());
    assert!(made["private_key"].as_str().is_some_and(|archive| archive.starts_with("MII")), "PKCS#12 in base64");
    assert_eq!(made["type"], "x509");
    // It can be imported as well.
    let body = json!({"keypair": {"name": "again", "type": "x509", "public_key": certificate}});
    let imported = demo.post("/os-keypairs", body).await.json()["keypair"].clone();
    assert_eq!((&imported["fingerprint"], &imported["private_key"]), (&made["fingerprint"], &Value::Null));
}

async fn bad_bodies_are_refused_in_novas_words(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.user("demo", "2.10");
    assert_eq!(demo.post("/os-keypairs", import("k")).await.status, 201);
    assert_eq!(refused(&demo.post("/os-keypairs", import("k")).await, 409), "Key pair 'k' already exists.");
    let invalid = |field: &str, value: &str, reason: &str| {
        format!("Invalid input for field/attribute {field}. Value: {value}. {reason}")
    };
    let no_key = "Keypair data is invalid: failed to generate fingerprint".to_owned();
    let with = |field: &str, value: Value| {
        let mut body = import("x");
        body["keypair"][field] = value;
        body
    };
    for (body, words) in [
        (json!({}), "'keypair' is a required property".into()),
        (json!({"keypair": {}}), invalid("keypair", "{}", "'name' is a required property")),
        (with("name", json!(5)), invalid("name", "5", "5 is not of type 'string'")),
        (with("public_key", json!(null)), invalid("public_key", "None", "None is not of type 'string'")),
        (with("type", json!("gpg")), invalid("type", "gpg", "'gpg' is not one of ['ssh', 'x509']")),
        (with("user_id", json!(7)), invalid("user_id", "7", "7 is not of type 'string'")),
        (with("public_key", json!("ssh-rsa JUNK nova@ubuntu")), no_key.clone()),
        (with("public_key", json!(" ")), no_key.clone()),
        (with("public_key", json!(format!("ssh-rsa {} openstack@ubuntu", "A".repeat(2048)))), no_key),
        (
            with("type", json!("x509")),
            "Keypair data is invalid: failed to generate X509 fingerprint. Error message: Unable to load PEM file. See \
             https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for more details. MalformedFraming"
                .into(),
        ),
    ] {
        assert_eq!(refused(&demo.post("/os-keypairs", body.clone()).await, 400), words, "{body}");
    }
    let early = refused(&world.user("demo", "2.1").post("/os-keypairs", with("type", json!("ssh"))).await, 400);
    assert!(early.ends_with("Additional properties are not allowed ('type' was unexpected)"), "{early}");
    let early = refused(&world.user("demo", "2.9").post("/os-keypairs", with("user_id", json!("u"))).await, 400);
    assert!(early.ends_with("Additional properties are not allowed ('user_id' was unexpected)"), "{early}");
    let long = with("public_key", json!(format!("{KEY} {}", "x".repeat(65_535))));
    assert!(refused(&demo.post("/os-keypairs", long).await, 400).ends_with("longer than 65535 bytes"));
    assert_eq!(listed(&demo.get("/os-keypairs").await), ["k"]);
}

async fn names_are_novas(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (to_91, from_92) = (world.user("demo", "2.91"), world.user("demo", "2.92"));
    for name in ["me@host.org", "a/b", "ключ", ""] {
        let message = refused(&to_91.post("/os-keypairs", import(name)).await, 400);
        let reason = if name.is_empty() { "'' should be non-empty" } else { r"does not match '^[_\\- a-zA-Z0-9]+$'" };
        assert!(message.ends_with(reason), "{message}");
    }
    assert_eq!(from_92.post("/os-keypairs", import("me@host.org")).await.status, 201);
    let message = refused(&from_92.post("/os-keypairs", import("a/b")).await, 400);
    assert!(message.ends_with(r"'a/b' does not match '^[_\\-\\@\\. a-zA-Z0-9]+$'"), "{message}");
    for name in [" a", "a ", "a\u{7}"] {
        let message = refused(&from_92.post("/os-keypairs", import(name)).await, 400);
        assert!(message.starts_with("An invalid 'name' value was provided."), "{message}");
    }
    assert!(refused(&from_92.post("/os-keypairs", import(&"a".repeat(256))).await, 400).ends_with("is too long"));
    // It is shown at every version.
    assert_eq!(to_91.get("/os-keypairs/me@host.org").await.status, 200);
}
