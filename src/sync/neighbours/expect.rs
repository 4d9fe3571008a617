//! What a difference beside a server unsettles: the row waits until its document shows it.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::app::App;
use crate::db::DbResult;
use crate::db::clock::SECOND;
use crate::db::leases::Lease;
use crate::db::servers::{self, attention};
use crate::sync::round::SyncError;
use crate::views::server::Awaited;

/// Time that Nova may take to show in a server's document what changed beside it: it learns of it by Neutron's events.
const HOLD_US: i64 = 20 * SECOND;

/// What a server's document is to show.
pub(super) struct Expected {
    local_id: String,
    awaited: Awaited,
}

impl Expected {
    pub fn new(local_id: &str, awaited: Awaited) -> Self {
        Self { local_id: local_id.to_owned(), awaited }
    }
}

/// Unsettles the servers whose documents do not show it yet; those that are being built have theirs read anyway.
pub(super) async fn expect(
    app: &Arc<App>,
    lease: &Lease,
    region_id: &str,
    expected: &[Expected],
) -> Result<(), SyncError> {
    let ids: Vec<&str> = expected.iter().map(|expected| expected.local_id.as_str()).collect();
    let mut awaited = Vec::new();
    for (local_id, document) in shown(app, region_id, &ids).await? {
        let own = expected.iter().filter(|expected| local_id == expected.local_id);
        let unmet = own.map(|expected| &expected.awaited).find(|awaited| !awaited.is_met(&document));
        if let Some(unmet) = unmet.filter(|_| document.get("status").is_none_or(|status| status != "BUILD")) {
            awaited.push((local_id, unmet.to_string()));
        }
    }
    if awaited.is_empty() {
        return Ok(());
    }
    Ok(attention::await_local(&app.db, lease, region_id, &awaited, HOLD_US).await?)
}

/// The documents of the live ones among these servers, by their ids there.
pub(super) async fn shown(
    app: &Arc<App>,
    region_id: &str,
    local_ids: &[&str],
) -> DbResult<HashMap<String, Map<String, Value>>> {
    let rows = servers::known(&app.db, region_id, local_ids).await?.into_iter().filter(|row| !row.deleted);
    let document = |text: &str| serde_json::from_str(text).unwrap_or_default();
    Ok(rows.filter_map(|row| Some((row.local_id?, document(&row.document)))).collect())
}
