//! `sort_key` and `sort_dir` (`nova/api/openstack/compute/schemas/flavors.py`), and where a page begins.

use crate::db::flavors::Flavor;
use crate::error::{ApiResult, Fault};
use crate::microversion::{Microversion, v2};
use crate::query::{Query, invalid};

/// What flavors are sorted by; one that is not set comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Unset,
    Number(i64),
    /// In capitals, as Nova's databases compare text.
    Text(String),
}

type Read = fn(&Flavor) -> Key;

/// Keys, by name.
const KEYS: [(&str, Read); 15] = [
    ("created_at", |f| Key::Number(f.created_at)),
    ("description", |f| f.description.as_deref().map_or(Key::Unset, text)),
    ("disabled", |f| Key::Number(f.disabled.into())),
    ("ephemeral_gb", |f| Key::Number(f.ephemeral_gb.into())),
    ("flavorid", |f| text(&f.id)),
    ("id", |f| Key::Number(f.serial)),
    ("is_public", |f| Key::Number(f.is_public.into())),
    ("memory_mb", |f| Key::Number(f.ram_mb.into())),
    ("name", |f| text(&f.name)),
    ("root_gb", |f| Key::Number(f.disk_gb.into())),
    // Bits of floats above zero are in the order of the floats.
    (RXTX_FACTOR, |f| Key::Number(f.rxtx_factor.to_bits().cast_signed())),
    ("swap", |f| Key::Number(f.swap_mb.into())),
    ("updated_at", |f| f.updated_at.map_or(Key::Unset, Key::Number)),
    // No route has ever set it.
    ("vcpu_weight", |_| Key::Unset),
    ("vcpus", |f| Key::Number(f.vcpus.into())),
];

/// To 2.101.
const RXTX_FACTOR: &str = "rxtx_factor";

fn text(text: &str) -> Key {
    Key::Text(text.to_uppercase())
}

/// The order of a list.
pub struct Order {
    read: Read,
    descending: bool,
}

impl Order {
    /// Reads both parameters; of several keys Nova takes the last.
    ///
    /// # Errors
    /// 400 for what is no key or direction.
    pub fn parse(query: &Query, version: Microversion) -> ApiResult<Self> {
        let known = KEYS.iter().filter(|(name, _)| *name != RXTX_FACTOR || version < v2(102));
        let names: Vec<&str> = known.map(|(name, _)| *name).collect();
        let key = one_of(query, "sort_key", &names)?.unwrap_or("flavorid");
        let descending = one_of(query, "sort_dir", &["asc", "desc"])? == Some("desc");
        let read = KEYS.iter().find(|(name, _)| *name == key).map(|(_, read)| *read);
        Ok(Self { read: read.unwrap_or(|flavor| text(&flavor.id)), descending })
    }

    /// Sorts, and takes what stands before and at the marker out. The marker need not be among what is listed.
    ///
    /// # Errors
    /// 400 where no flavor that the caller sees is the marker.
    pub fn apply(&self, flavors: &mut Vec<Flavor>, seen: &[Flavor], marker: Option<&str>) -> ApiResult<()> {
        flavors.sort_by_cached_key(|flavor| self.place(flavor));
        if self.descending {
            flavors.reverse();
        }
        let Some(marker) = marker else { return Ok(()) };
        let found = seen.iter().find(|flavor| flavor.id.eq_ignore_ascii_case(marker));
        let place = found.map(|flavor| self.place(flavor));
        let place = place.ok_or_else(|| Fault::bad_request(format!("marker [{marker}] not found")))?;
        flavors.retain(|flavor| if self.descending { self.place(flavor) < place } else { self.place(flavor) > place });
        Ok(())
    }

    fn place(&self, flavor: &Flavor) -> (Key, i64) {
        ((self.read)(flavor), flavor.serial)
    }
}

/// A parameter's value, each of which is one of these.
fn one_of<'a>(query: &'a Query, key: &str, known: &[&str]) -> ApiResult<Option<&'a str>> {
    let values = query.all(key);
    match values.iter().find(|value| !known.contains(value)) {
        Some(value) => {
            let names: Vec<String> = known.iter().map(|name| format!("'{name}'")).collect();
            let quoted = crate::api::python::text(value);
            Err(invalid(key, value, &format!("{quoted} is not one of [{}]", names.join(", "))))
        }
        None => Ok(values.last().copied()),
    }
}
