//! Key pairs, which belong to a user.

use base64::Engine as _;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use sha1::Sha1;

use super::super::http::Resp;
use super::call::{Call, Handled};
use super::fault::{NovaFault, fault, invalid};
use super::page::{Page, unknown_marker};

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    pub user: String,
    pub name: String,
    pub public_key: String,
    pub kind: String,
    pub created: i64,
}

impl KeyPair {
    /// An ssh key of a user.
    pub fn new(user: &str, name: &str, public_key: &str) -> Self {
        Self { user: user.into(), name: name.into(), public_key: public_key.into(), kind: "ssh".into(), created: 0 }
    }

    /// MD5 of a key, SHA-1 of a certificate.
    fn fingerprint(&self) -> Option<String> {
        let digest = if self.kind == "x509" {
            Sha1::digest(pem::parse(&self.public_key).ok()?.contents()).to_vec()
        } else {
            let body = self.public_key.split(' ').nth(1)?;
            Md5::digest(base64::engine::general_purpose::STANDARD.decode(body).ok()?).to_vec()
        };
        Some(digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"))
    }

    fn document(&self, call: &Call) -> Value {
        let mut shown = json!({"name": self.name, "public_key": self.public_key, "fingerprint": self.fingerprint()});
        if call.minor >= 2 {
            shown["type"] = json!(self.kind);
        }
        shown
    }
}

/// `GET /os-keypairs`
pub fn index(call: &Call) -> Handled {
    let user = owner(call, call.req.q("user_id"))?;
    let mut own = call.nova.keypairs.lock().unwrap().clone();
    own.retain(|pair| pair.user == user);
    own.sort_by(|a, b| a.name.cmp(&b.name));
    let page = if call.minor >= 35 { Some(Page::of(call.req)?) } else { None };
    if let Some(marker) = page.as_ref().and_then(|page| page.marker.as_deref()) {
        let at = own.iter().position(|pair| pair.name == marker).ok_or_else(|| unknown_marker(marker))?;
        own.drain(..=at);
    }
    own.truncate(page.as_ref().map_or(usize::MAX, |page| page.limit));
    let shown: Vec<Value> = own.iter().map(|pair| json!({"keypair": pair.document(call)})).collect();
    let last = own.last().map(|pair| pair.name.as_str());
    let next = page.and_then(|page| page.next(call, "os-keypairs", own.len(), last));
    let mut list = json!({ "keypairs": shown });
    if let Some(next) = next {
        list["keypairs_links"] = next;
    }
    Ok(Resp::json(200, &list))
}

/// `POST /os-keypairs`, with the public key given.
pub fn create(call: &Call) -> Handled {
    let wanted = &call.body["keypair"];
    let text = |key: &str| wanted[key].as_str().map(ToOwned::to_owned);
    let Some(name) = text("name") else {
        return Err(invalid("keypair", wanted, "'name' is a required property"));
    };
    let Some(public_key) = text("public_key") else {
        return Err(invalid("keypair", wanted, "'public_key' is a required property"));
    };
    let more = if call.minor >= 92 { "_- @." } else { "_- " };
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c)) {
        return Err(invalid("name", &wanted["name"], "it does not match"));
    }
    let user = owner(call, wanted["user_id"].as_str())?;
    let mut pairs = call.nova.keypairs.lock().unwrap();
    if pairs.iter().any(|pair| pair.user == user && pair.name == name) {
        return Err(fault(409, format!("Key pair '{name}' already exists.")));
    }
    let kind = text("type").unwrap_or_else(|| "ssh".into());
    let pair = KeyPair { user, name, public_key, kind, created: call.nova.now() };
    if pair.fingerprint().is_none() {
        return Err(fault(400, "Keypair data is invalid: failed to generate fingerprint"));
    }
    let mut shown = pair.document(call);
    shown["user_id"] = json!(pair.user);
    pairs.push(pair);
    Ok(Resp::json(if call.minor >= 2 { 201 } else { 200 }, &json!({ "keypair": shown })))
}

/// `GET /os-keypairs/{name}`
pub fn show(call: &Call) -> Handled {
    let user = owner(call, call.req.q("user_id"))?;
    let pairs = call.nova.keypairs.lock().unwrap();
    let found = pairs.iter().find(|pair| pair.user == user && pair.name == call.param("name"));
    let pair = found.ok_or_else(|| unknown(call, &user))?;
    let mut shown = pair.document(call);
    shown["user_id"] = json!(pair.user);
    shown["id"] = json!(1);
    shown["created_at"] = json!(super::super::clock::iso_micros(pair.created));
    shown["deleted"] = json!(false);
    shown["deleted_at"] = Value::Null;
    shown["updated_at"] = Value::Null;
    Ok(Resp::json(200, &json!({ "keypair": shown })))
}

/// `DELETE /os-keypairs/{name}`
pub fn delete(call: &Call) -> Handled {
    let user = owner(call, call.req.q("user_id"))?;
    let mut pairs = call.nova.keypairs.lock().unwrap();
    let before = pairs.len();
    pairs.retain(|pair| pair.user != user || pair.name != call.param("name"));
    if pairs.len() == before {
        return Err(unknown(call, &user));
    }
    Ok(Resp::empty(if call.minor >= 2 { 204 } else { 202 }))
}

/// The caller, or from 2.10 the user that an admin names.
fn owner(call: &Call, asked: Option<&str>) -> Result<String, NovaFault> {
    let own = &call.token.user.id;
    match asked.filter(|asked| *asked != own && call.minor >= 10) {
        None => Ok(own.clone()),
        Some(other) => call.need("admin", "os_compute_api:os-keypairs").map(|()| other.to_owned()),
    }
}

fn unknown(call: &Call, user: &str) -> NovaFault {
    fault(404, format!("Keypair {} not found for user {user}", call.param("name")))
}
