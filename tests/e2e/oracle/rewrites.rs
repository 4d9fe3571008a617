//! What a region's answer must become on top: all that may differ between the two, by name.

use serde_json::{Map, Value, json};

use super::subjects::Subject;
use crate::support::lab;

/// One side of the comparison.
pub struct Rewriting<'a> {
    pub region: &'a str,
    /// The top's address.
    pub top: String,
    pub subjects: &'a [Subject],
}

type Object = Map<String, Value>;
type Rewrite = fn(&Rewriting, &mut Object);

/// Each is applied to every object of a document, the innermost first.
const REWRITES: [(&str, Rewrite); 5] = [
    ("links lead to the top", links),
    ("a flavor has the top's id", flavor),
    ("a zone has the top's name, or the one asked for", zone),
    ("a reservation is the top's own", reservation),
    ("the boot's marker is no hint of the client's", hints),
];

impl Rewriting<'_> {
    /// The whole answer.
    pub fn apply(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(object) => {
                object.values_mut().for_each(|value| self.apply(value));
                REWRITES.iter().for_each(|(_, rewrite)| rewrite(self, object));
            }
            _ => {}
        }
    }

    fn subject(&self, object: &Object) -> Option<&Subject> {
        self.subjects.iter().find(|subject| object.get("id").is_some_and(|id| id == subject.id.as_str()))
    }

    /// An address of the region's Nova as one of the top; others (Glance's) stay.
    pub fn address(&self, url: &str) -> String {
        let local = lab::url(self.region, "compute");
        let root = |url: &str| url.trim_end_matches("/v2.1").to_owned();
        url.replacen(&root(&local), &root(&self.top), 1)
    }
}

fn links(rewriting: &Rewriting, object: &mut Object) {
    if let Some(Value::String(href)) = object.get_mut("href") {
        *href = rewriting.address(href);
    }
}

/// All subjects are of one flavor.
fn flavor(rewriting: &Rewriting, object: &mut Object) {
    let local = lab::fact(&format!("/regions/{}/flavors/m1.tiny", rewriting.region));
    let Some(flavor) = object.get_mut("flavor").filter(|flavor| flavor["id"].is_string()) else { return };
    assert_eq!(flavor["id"], local.as_str());
    flavor["id"] = json!("1");
    for link in flavor["links"].as_array_mut().into_iter().flatten() {
        let href = link["href"].as_str().unwrap_or_default();
        link["href"] = json!(href.replace(&format!("/flavors/{local}"), "/flavors/1"));
    }
}

fn zone(rewriting: &Rewriting, object: &mut Object) {
    let Some(subject) = rewriting.subject(object) else { return };
    if let Some(zone) = object.get_mut("OS-EXT-AZ:availability_zone") {
        let name = format!("{}-{}", rewriting.region, zone.as_str().unwrap_or_default());
        *zone = json!(subject.zone.unwrap_or(&name));
    }
    if let Some(pinned) = object.get_mut("pinned_availability_zone") {
        *pinned = json!(subject.zone);
    }
}

fn reservation(rewriting: &Rewriting, object: &mut Object) {
    let Some(subject) = rewriting.subject(object) else { return };
    if let Some(reservation) = object.get_mut("OS-EXT-SRV-ATTR:reservation_id") {
        *reservation = json!(subject.reservation);
    }
}

fn hints(_: &Rewriting, object: &mut Object) {
    if let Some(hints) = object.get_mut("scheduler_hints").and_then(Value::as_object_mut) {
        assert!(hints.remove("cascade_intent").is_some(), "the region does not have the boot's marker");
    }
}
