//! Reading a region's document: what it says, the columns it decides, what it changes in a row
//! that is there, and the form in which it is kept.
//!
//! Kept is what the region said, less what every view writes itself (links), what is kept apart (user data), and the
//! boot's marker; with the top's names where ours differ.

pub mod alone;
mod change;
mod columns;
mod hints;
mod overlay;

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::db::clock;
use crate::db::text::{ID_MAX, fits};

pub use change::{gone, is_stable};
pub use hints::{GROUP, MARKER, SERVERS, replace_ids};
pub use overlay::overlaid;

/// Statuses in which nothing is under way, when there is no task state.
pub const STABLE: [&str; 11] = [
    "ACTIVE",
    "SHUTOFF",
    "PAUSED",
    "SUSPENDED",
    "RESCUE",
    "ERROR",
    "SHELVED",
    "SHELVED_OFFLOADED",
    "VERIFY_RESIZE",
    "SOFT_DELETED",
    "DELETED",
];

/// A flavor's sizes, in the order of [`Flavor::sizes`](crate::db::flavors::Flavor::sizes).
pub type Sizes = [i32; 5];

/// What the things of a region are called on top.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Flavor name there -> (id, name) on top.
    pub flavors: HashMap<String, (String, String)>,
    /// Name and sizes there -> (id, name) on top, of flavors that stand for the region's own. They say more than a name
    /// alone: another region's flavor may have it on top.
    pub own_flavors: HashMap<(String, Sizes), (String, String)>,
    /// Zone name there -> name on top; the empty key is the region.
    pub zones: HashMap<String, String>,
    /// Image id there -> id on top.
    pub images: HashMap<String, String>,
    /// Key pair's name there -> on top, where they differ. Whose it is does not matter: a name that differs has a part
    /// that no other has, and a server rebuilt by another user has a key that is not its own user's.
    pub key_pairs: HashMap<String, String>,
    /// Server group id there -> id on top.
    pub groups: HashMap<String, String>,
    /// Server id there -> id on top, of those that hints name and that are called otherwise.
    pub servers: HashMap<String, String>,
}

/// A region's document, read.
#[derive(Clone, Debug)]
pub struct Told {
    /// The server's id in the region.
    pub local_id: String,
    /// The boot it came from.
    pub marker: Option<String>,
    /// Microseconds; the region's clock.
    pub updated: i64,
    /// base64 text.
    pub user_data: Option<String>,
    document: Map<String, Value>,
}

impl Told {
    /// Reads a document; `None` where it is no server's, or one of the minimal ones of a cell that is down (2.69),
    /// which tells nothing.
    #[must_use]
    pub fn read(document: Value) -> Option<Self> {
        let Value::Object(mut document) = document else { return None };
        let local_id = document.get("id")?.as_str().filter(|id| fits(id, ID_MAX))?.to_owned();
        if text(&document, "status") == Some("UNKNOWN") || !document.contains_key("OS-EXT-STS:vm_state") {
            return None;
        }
        document.shift_remove("links");
        document.shift_remove("adminPass");
        // Shows have it and lists do not; every view writes it from the row.
        document.shift_remove("server_groups");
        let user_data = document.shift_remove("OS-EXT-SRV-ATTR:user_data").and_then(|v| v.as_str().map(str::to_owned));
        let marker = hints::take_marker(&mut document);
        let updated = text(&document, "updated").and_then(clock::parse)?;
        Some(Self { local_id, marker, updated, user_data, document })
    }

    /// A field's text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        text(&self.document, name)
    }

    /// A field's number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.document.get(name).and_then(Value::as_i64)
    }

    /// The name of the flavor, as the region calls it.
    #[must_use]
    pub fn flavor_name(&self) -> Option<&str> {
        self.document.get("flavor")?.get("original_name")?.as_str()
    }

    /// Cores and MiB of the embedded flavor; none in documents below 2.47.
    #[must_use]
    pub fn flavor_size(&self) -> Option<(i32, i32)> {
        let number = |name: &str| i32::try_from(self.document.get("flavor")?.get(name)?.as_i64()?).ok();
        Some((number("vcpus")?, number("ram")?))
    }

    /// All sizes of the embedded flavor; none in documents below 2.47.
    #[must_use]
    pub fn flavor_sizes(&self) -> Option<Sizes> {
        let flavor = self.document.get("flavor")?;
        let number = |name: &str| flavor.get(name)?.as_i64().and_then(|size| i32::try_from(size).ok());
        Some([number("vcpus")?, number("ram")?, number("disk")?, number("ephemeral")?, number("swap")?])
    }

    /// Extra specs of the embedded flavor.
    #[must_use]
    pub fn flavor_specs(&self) -> Map<String, Value> {
        let specs = self.document.get("flavor").and_then(|flavor| flavor.get("extra_specs"));
        specs.and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// What the flavor is on top: (id, name).
    #[must_use]
    pub fn flavor_on_top<'n>(&self, names: &'n Names) -> Option<&'n (String, String)> {
        let name = self.flavor_name()?;
        let own = self.flavor_sizes().and_then(|sizes| names.own_flavors.get(&(name.to_owned(), sizes)));
        own.or_else(|| names.flavors.get(name))
    }

    /// False where a list has left something out that a single show tells: the status of the host.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.text("OS-EXT-SRV-ATTR:host").is_none() || self.text("host_status") != Some("")
    }

    /// True for a document that says the server is gone.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.text("status") == Some("DELETED")
    }

    /// A field's number where it is a small one; else 0.
    #[must_use]
    pub fn small(&self, name: &str) -> i32 {
        self.number(name).and_then(|number| i32::try_from(number).ok()).unwrap_or(0)
    }
}

/// The id of a minimal record (2.69): the server's cell is down, and nothing else is told.
#[must_use]
pub fn of_a_cell_that_is_down(document: &Value) -> Option<&str> {
    let bare = document["status"] == "UNKNOWN" && document.get("OS-EXT-STS:vm_state").is_none();
    document["id"].as_str().filter(|_| bare)
}

fn text<'a>(document: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    document.get(name).and_then(Value::as_str)
}
