//! Writing a server's document from its row.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::fields::{FIELDS, Field, Source};
use super::{Audience, Kind};
use crate::db::servers::Shown;
use crate::microversion::v2;

/// The document's top-level values, unparsed.
struct Raw<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Raw<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.get())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a server's document")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(48);
                while let Some((key, value)) = map.next_entry::<&'de str, &'de RawValue>()? {
                    entries.push((Cow::Borrowed(key), value));
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Entries).map(Raw)
    }
}

/// What a region that does not answer changes, and what is kept apart from the document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aside<'a> {
    /// The region has not answered for `region.unknown_after_s`.
    pub unknown: bool,
    /// base64 text.
    pub user_data: Option<&'a str>,
}

/// `{"id", "name", "links"}`
pub fn basic(out: &mut String, row: &Shown, audience: &Audience<'_>) {
    out.push_str("{\"id\":");
    push_text(out, &row.id);
    out.push_str(",\"name\":");
    push_text(out, &row.name);
    out.push_str(",\"links\":");
    let _ = write!(out, "{}", audience.links.both("servers", &row.id));
    out.push('}');
}

/// The whole document. Returns false, having written nothing, where the stored one cannot be read.
pub fn detail(out: &mut String, row: &Shown, kind: Kind, audience: &Audience<'_>, aside: Aside<'_>) -> bool {
    let Ok(raw) = serde_json::from_str::<Raw<'_>>(&row.document) else { return false };
    let writer = Writer { row, raw, kind, audience, aside };
    out.push('{');
    let mut first = true;
    for field in FIELDS.iter().filter(|field| field.is_in(kind, audience)) {
        let before = out.len();
        if !first {
            out.push(',');
        }
        push_text(out, field.name);
        out.push(':');
        if writer.value(out, field) {
            first = false;
        } else {
            out.truncate(before);
        }
    }
    out.push('}');
    true
}

struct Writer<'a> {
    row: &'a Shown,
    raw: Raw<'a>,
    kind: Kind,
    audience: &'a Audience<'a>,
    aside: Aside<'a>,
}

impl Writer<'_> {
    /// Writes the field's value; false where the document has none.
    fn value(&self, out: &mut String, field: &Field) -> bool {
        let unknown = self.aside.unknown && self.audience.version >= v2(69);
        let own = self.raw.get(field.name);
        match field.source {
            Source::Status if unknown => out.push_str("\"UNKNOWN\""),
            Source::PowerState if unknown => out.push('0'),
            Source::TaskState if unknown && !self.row.to_remove => out.push_str("null"),
            _ if field.name == "id" => push_text(out, &self.row.id),
            Source::Copy | Source::Status | Source::PowerState => match own {
                Some(value) => out.push_str(value),
                None => return false,
            },
            Source::CopyOrNull | Source::TaskState => out.push_str(own.unwrap_or("null")),
            Source::Addresses => self.addresses(out, own),
            Source::Links => push(out, &self.audience.links.both("servers", &self.row.id)),
            Source::Image => self.image(out, own),
            Source::Flavor => self.flavor(out, own),
            Source::Zone => push_text(out, &self.row.zone),
            Source::PinnedZone => match &self.row.asked_zone {
                Some(zone) => push_text(out, zone),
                None => out.push_str("null"),
            },
            Source::LaunchIndex => {
                let _ = write!(out, "{}", self.row.launch_index);
            }
            Source::ReservationId => push_text(out, &self.row.reservation_id),
            Source::Fault => return self.fault(out, own),
            Source::Volumes => self.volumes(out, own),
            Source::UserData => match self.aside.user_data {
                Some(text) => push_text(out, text),
                None => out.push_str("null"),
            },
            Source::ServerGroups => push(out, &serde_json::Value::from_iter(self.row.group_id.as_deref())),
        }
        true
    }

    fn addresses(&self, out: &mut String, own: Option<&str>) {
        let text = own.unwrap_or("{}");
        if matches!(self.kind, Kind::Detail | Kind::Show) || self.audience.version >= v2(75) {
            return out.push_str(text);
        }
        let mut networks: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
        for address in networks.values_mut().filter_map(serde_json::Value::as_array_mut).flatten() {
            if let Some(address) = address.as_object_mut() {
                address.retain(|key, _| key == "version" || key == "addr");
            }
        }
        push(out, &serde_json::Value::Object(networks));
    }

    fn image(&self, out: &mut String, own: Option<&str>) {
        #[derive(Deserialize)]
        struct Image<'a> {
            id: Cow<'a, str>,
            #[serde(borrow)]
            properties: Option<&'a RawValue>,
        }
        let Some(image) = own.and_then(|text| serde_json::from_str::<Image<'_>>(text).ok()) else {
            return out.push_str("\"\"");
        };
        out.push_str("{\"id\":");
        push_text(out, &image.id);
        out.push_str(",\"links\":");
        push(out, &self.audience.links.bookmark_only("images", &image.id));
        if self.audience.version >= v2(98) {
            let _ = write!(out, ",\"properties\":{}", image.properties.map_or("{}", RawValue::get));
        }
        out.push('}');
    }

    fn flavor(&self, out: &mut String, own: Option<&str>) {
        if self.audience.version < v2(47) {
            out.push_str("{\"id\":");
            push_text(out, &self.row.flavor_id);
            out.push_str(",\"links\":");
            push(out, &self.audience.links.bookmark_only("flavors", &self.row.flavor_id));
            return out.push('}');
        }
        // The stored document already has the top's name in it (see `document`), so most callers get it as it is.
        match own {
            Some(flavor) if self.audience.extra_specs => out.push_str(flavor),
            Some(flavor) => {
                let mut object: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(flavor).unwrap_or_default();
                object.remove("extra_specs");
                push(out, &serde_json::Value::Object(object));
            }
            None => out.push_str("{}"),
        }
    }

    fn fault(&self, out: &mut String, own: Option<&str>) -> bool {
        let Some(text) = own else { return false };
        if self.audience.admin {
            out.push_str(text);
            return true;
        }
        let mut fault: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
        // Nova shows the details of a 500 to admins only (views/servers.py, `_get_fault`).
        if fault.get("code").and_then(serde_json::Value::as_i64) == Some(500) {
            fault.remove("details");
        }
        push(out, &serde_json::Value::Object(fault));
        true
    }

    fn volumes(&self, out: &mut String, own: Option<&str>) {
        let text = own.unwrap_or("[]");
        if self.audience.version >= v2(3) || text == "[]" {
            return out.push_str(text);
        }
        let mut volumes: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(text).unwrap_or_default();
        for volume in &mut volumes {
            volume.retain(|key, _| key == "id");
        }
        out.push_str(&serde_json::to_string(&volumes).unwrap_or_else(|_| "[]".into()));
    }
}

fn push(out: &mut String, value: &serde_json::Value) {
    let _ = write!(out, "{value}");
}

fn push_text(out: &mut String, text: &str) {
    // Serialising text cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}
