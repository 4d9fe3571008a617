//! Key pairs, which belong to a user.

use serde_json::{Value, json};

use super::super::http::Resp;
use super::call::{Call, Handled};
use super::fault::{NovaFault, fault, invalid};

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    pub user: String,
    pub name: String,
    pub public_key: String,
    pub kind: String,
    pub created: i64,
}

const FINGERPRINT: &str = "35:9d:d0:c3:4a:80:d3:d8:86:f1:ca:f7:df:c4:f9:d8";

impl KeyPair {
    fn document(&self, call: &Call) -> Value {
        let mut shown = json!({"name": self.name, "public_key": self.public_key, "fingerprint": FINGERPRINT});
        if call.minor >= 2 {
            shown["type"] = json!(self.kind);
        }
        shown
    }
}

/// `GET /os-keypairs`
pub fn index(call: &Call) -> Handled {
    let user = owner(call, call.req.q("user_id"))?;
    let pairs = call.nova.keypairs.lock().unwrap();
    let own = pairs.iter().filter(|pair| pair.user == user);
    let shown: Vec<Value> = own.map(|pair| json!({"keypair": pair.document(call)})).collect();
    Ok(Resp::json(200, &json!({ "keypairs": shown })))
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
    let user = owner(call, wanted["user_id"].as_str())?;
    let mut pairs = call.nova.keypairs.lock().unwrap();
    if pairs.iter().any(|pair| pair.user == user && pair.name == name) {
        return Err(fault(409, format!("Key pair '{name}' already exists.")));
    }
    let kind = text("type").unwrap_or_else(|| "ssh".into());
    let pair = KeyPair { user, name, public_key, kind, created: call.nova.now() };
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
