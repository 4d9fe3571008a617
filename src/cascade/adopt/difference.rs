//! What a settled row says otherwise than its server's document.

use serde_json::{Map, Value};

use crate::db::quota::Charge;
use crate::db::servers::{Audited, Documented};
use crate::views::server::document::{Names, Told};

/// Fields that a list does not tell and that views write from what the top owns.
const OURS: [&str; 1] = ["server_groups"];

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// Whose it is: project and user as the region says.
    Owner(String, String),
    /// What it should be charged.
    Charge(Charge),
    /// Fields of the document.
    Fields(Vec<String>),
}

impl Difference {
    /// For people.
    pub fn text(&self, row: &Audited) -> String {
        match self {
            Self::Owner(project_id, user_id) => {
                format!("is of project {project_id} and user {user_id}, not of {} and {}", row.project_id, row.user_id)
            }
            Self::Charge(charge) => {
                let (is, should) = (row.charge(), charge);
                format!(
                    "is charged {} server, {} cores, {} MiB, not {}, {}, {}",
                    is.instances, is.cores, is.ram_mb, should.instances, should.cores, should.ram_mb
                )
            }
            Self::Fields(fields) => format!("is shown with another {}", fields.join(", ")),
        }
    }
}

/// All of them; none of a row that the sync is about to read again.
pub(super) fn differences(row: &Audited, told: &Told, names: &Names, now: i64, listed: bool) -> Vec<Difference> {
    if !row.known.settled || row.known.deleting || told.is_deleted() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let own = |field: &str| told.text(field).unwrap_or_default().to_owned();
    let (project_id, user_id) = (own("tenant_id"), own("user_id"));
    if (&project_id, &user_id) != (&row.project_id, &row.user_id) {
        found.push(Difference::Owner(project_id, user_id));
    }
    if let Some(charge) = charge(told).filter(|charge| *charge != row.charge()) {
        found.push(Difference::Charge(charge));
    }
    let change = told.clone().change(&row.known, names, now, listed).filter(|change| change.differs);
    let fields = change.map(|change| fields(row, &change.columns)).filter(|fields| !fields.is_empty());
    found.extend(fields.map(Difference::Fields));
    found
}

/// What a settled server of this document is charged; none while a resize can be reverted (D6).
pub(super) fn charge(told: &Told) -> Option<Charge> {
    match told.text("status") {
        Some("SOFT_DELETED") => Some(Charge::default()),
        Some("VERIFY_RESIZE") => None,
        _ => told.flavor_size().map(|(cores, ram_mb)| Charge::of_server(cores, ram_mb)),
    }
}

/// Names of the fields in which they differ.
fn fields(row: &Audited, told: &Documented) -> Vec<String> {
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (stored, document) = (read(&row.known.document), read(&told.document));
    let all = stored.keys().chain(document.keys().filter(|key| !stored.contains_key(*key)));
    let differs = |key: &&String| !OURS.contains(&key.as_str()) && stored.get(*key) != document.get(*key);
    let mut found: Vec<String> = all.filter(differs).cloned().collect();
    if row.known.has_user_data != told.has_user_data {
        found.push("user_data".into());
    }
    found
}
