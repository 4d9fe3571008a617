//! What a change that shows no task state ends in, as it can be seen in the server's document. Kept as text in the
//! server's row until then.

use std::fmt;

use serde_json::{Map, Value};

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    kind: Kind,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    VolumeGone,
    VolumeThere,
    MacGone,
    AddressThere,
    AddressGone,
    StatusGone,
}

const KINDS: [(&str, Kind); 6] = [
    ("volume-gone", Kind::VolumeGone),
    ("volume-there", Kind::VolumeThere),
    ("mac-gone", Kind::MacGone),
    ("address-there", Kind::AddressThere),
    ("address-gone", Kind::AddressGone),
    ("status-gone", Kind::StatusGone),
];

impl Awaited {
    /// The volume is no longer attached.
    #[must_use]
    pub fn volume_gone(id: &str) -> Self {
        Self { kind: Kind::VolumeGone, value: id.to_owned() }
    }

    /// The volume is attached.
    #[must_use]
    pub fn volume_there(id: &str) -> Self {
        Self { kind: Kind::VolumeThere, value: id.to_owned() }
    }

    /// No address has this MAC any more.
    #[must_use]
    pub fn mac_gone(mac: &str) -> Self {
        Self { kind: Kind::MacGone, value: mac.to_owned() }
    }

    /// The server has this address.
    #[must_use]
    pub fn address_there(address: &str) -> Self {
        Self { kind: Kind::AddressThere, value: address.to_owned() }
    }

    /// The server does not have this address any more.
    #[must_use]
    pub fn address_gone(address: &str) -> Self {
        Self { kind: Kind::AddressGone, value: address.to_owned() }
    }

    /// The status is another.
    #[must_use]
    pub fn status_gone(status: &str) -> Self {
        Self { kind: Kind::StatusGone, value: status.to_owned() }
    }

    /// Reads what `to_string` wrote; none for text that is none of it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, value) = text.split_once(':')?;
        let (_, kind) = KINDS.iter().find(|(known, _)| *known == name)?;
        Some(Self { kind: *kind, value: value.to_owned() })
    }

    /// True when a document (at 2.3 or later) shows it.
    #[must_use]
    pub fn is_met(&self, document: &Map<String, Value>) -> bool {
        match self.kind {
            Kind::VolumeGone => !self.has_volume(document),
            Kind::VolumeThere => self.has_volume(document),
            Kind::MacGone => !self.has_address(document, "OS-EXT-IPS-MAC:mac_addr"),
            Kind::AddressThere => self.has_address(document, "addr"),
            Kind::AddressGone => !self.has_address(document, "addr"),
            Kind::StatusGone => document.get("status").and_then(Value::as_str) != Some(&self.value),
        }
    }

    fn has_address(&self, document: &Map<String, Value>, key: &str) -> bool {
        let networks = document.get("addresses").and_then(Value::as_object);
        let mut addresses = networks.into_iter().flat_map(Map::values).filter_map(Value::as_array).flatten();
        addresses.any(|address| address[key] == self.value)
    }

    fn has_volume(&self, document: &Map<String, Value>) -> bool {
        let volumes = document.get("os-extended-volumes:volumes_attached").and_then(Value::as_array);
        volumes.into_iter().flatten().any(|volume| volume["id"] == self.value)
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = KINDS.iter().find(|(_, kind)| *kind == self.kind).map_or("", |(name, _)| name);
        write!(f, "{name}:{}", self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_document_tells_when_it_is_met() {
        let document = json!({
            "status": "VERIFY_RESIZE",
            "os-extended-volumes:volumes_attached": [{"id": "v"}],
            "addresses": {"net": [{"addr": "10.0.0.2", "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"}]},
        });
        let Value::Object(document) = document else { unreachable!("an object") };
        let met = |awaited: Awaited| {
            let read = Awaited::parse(&awaited.to_string());
            assert_eq!(read.as_ref(), Some(&awaited));
            awaited.is_met(&document)
        };
        assert!(met(Awaited::volume_there("v")) && !met(Awaited::volume_gone("v")));
        assert!(met(Awaited::volume_gone("w")) && !met(Awaited::volume_there("w")));
        assert!(!met(Awaited::mac_gone("fa:16:3e:00:00:01")) && met(Awaited::mac_gone("fa:16:3e:00:00:02")));
        assert!(met(Awaited::address_there("10.0.0.2")) && !met(Awaited::address_there("10.0.0.3")));
        assert!(met(Awaited::address_gone("10.0.0.3")) && !met(Awaited::address_gone("10.0.0.2")));
        assert!(!met(Awaited::status_gone("VERIFY_RESIZE")) && met(Awaited::status_gone("RESIZE")));
        assert!(Awaited::parse("other:x").is_none());
    }
}
