//! What stands for the parameters of paths: taken from the region itself, and one that is not there.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::NOWHERE;
use super::subjects::Subject;
use crate::support::http::{Answer, Ask};
use crate::support::{Stage, lab};

/// Values by parameter; the last is one that is not there.
pub struct Found(BTreeMap<&'static str, Vec<String>>);

impl Found {
    /// All about one server.
    pub fn of(stage: &Stage, subject: &Subject) -> Self {
        let base = lab::url(subject.region, "compute");
        let read = |path: &str, version: &str| {
            let answer = Ask::new("GET", format!("{base}{path}")).token(&stage.demo).version(version).send();
            answer.expect(200).json()
        };
        let of_server = |part: &str| read(&format!("/servers/{}/{part}", subject.id), "2.96");
        let server = subject.below(stage);
        let keys = |value: &Value| value.as_object().into_iter().flat_map(|o| o.keys().cloned()).collect::<Vec<_>>();
        let each = |list: &Value, key: &str| {
            let items = list.as_array().into_iter().flatten();
            items.map(|item| text(if key.is_empty() { item } else { &item[key] })).collect::<Vec<_>>()
        };
        let ports = of_server("os-interface");
        let actions = of_server("os-instance-actions");
        let nowhere = || NOWHERE.to_owned();
        Self(BTreeMap::from([
            ("server_id", vec![subject.id.clone()]),
            ("label", with(keys(&server["addresses"]), "none-such")),
            ("key", with(keys(&server["metadata"]), "none-such")),
            ("tag", with(each(&server["tags"], ""), "none-such")),
            ("request_id", with(each(&actions["instanceActions"], "request_id"), &format!("req-{NOWHERE}"))),
            ("port_id", with(each(&ports["interfaceAttachments"], "port_id"), NOWHERE)),
            ("group_id", with(each(&read("/os-security-groups", "2.35")["security_groups"], "id"), NOWHERE)),
            ("image_id", with(each(&read("/images", "2.35")["images"], "id"), NOWHERE)),
            ("token", vec![console_token(stage, subject), nowhere()]),
            // Nothing of these is on the lab: no Cinder, no Manila, nothing that migrates live.
            ("volume_id", vec![nowhere()]),
            ("share_id", vec![nowhere()]),
            ("id", vec!["1".to_owned()]),
            ("flavor_id", vec!["1".to_owned(), "none-such".to_owned()]),
            ("version", vec!["v2.1".to_owned(), "v9".to_owned()]),
            ("rule_id", vec![nowhere()]),
            ("server_group_id", vec![nowhere()]),
            ("project_id", vec![lab::fact("/projects/demo")]),
            ("name", vec!["default".to_owned()]),
            ("alias", vec!["os-consoles".to_owned(), "none-such".to_owned()]),
            ("keypair_name", vec!["none-such".to_owned()]),
            ("domain", vec!["example.org".to_owned()]),
        ]))
    }

    /// About a server that is not there.
    pub fn nothing(&self) -> Self {
        let last =
            |(name, values): (&&'static str, &Vec<String>)| (*name, vec![values.last().cloned().unwrap_or_default()]);
        let mut values: BTreeMap<_, _> = self.0.iter().map(last).collect();
        values.insert("server_id", vec![NOWHERE.to_owned()]);
        Self(values)
    }

    /// The path with the things that are there in it, and with those that are not.
    ///
    /// # Panics
    /// Where nothing is known of a parameter.
    pub fn paths(&self, template: &str) -> Vec<String> {
        let names: Vec<&str> = template.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        let values =
            |name: &str| self.0.get(name).unwrap_or_else(|| panic!("say what stands for {name} in {template}"));
        let count = names.iter().map(|name| values(name).len()).max().unwrap_or(1);
        let fill = |at: usize| {
            let put = |path: String, name: &&str| {
                let value = values(name);
                let value = &value[at.min(value.len() - 1)];
                path.replace(&format!("{{{name}}}"), &value.replace(' ', "%20"))
            };
            names.iter().fold(template.to_owned(), put)
        };
        (0..count).map(fill).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn with(mut found: Vec<String>, missing: &str) -> Vec<String> {
    found.truncate(1);
    found.push(missing.to_owned());
    found
}

/// Of a console opened in the region.
fn console_token(stage: &Stage, subject: &Subject) -> String {
    let url = format!("{}/servers/{}/remote-consoles", lab::url(subject.region, "compute"), subject.id);
    let body = json!({ "remote_console": { "protocol": "vnc", "type": "novnc" } });
    let answer: Answer = Ask::new("POST", url).token(&stage.demo).version("2.96").json(&body).send().expect(200);
    let url = text(&answer.json()["remote_console"]["url"]);
    let token = url.rsplit("token%3D").next().and_then(|rest| rest.rsplit("token=").next());
    token.expect("a token in the address").to_owned()
}
