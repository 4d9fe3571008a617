//! `GET /servers` and `GET /servers/detail`: one page from the top's rows (D3).

use std::collections::BTreeMap;

use http::Response;

use super::query::{self, Ask};
use super::{audience, tell_stale};
use crate::api::{Call, ok};
use crate::db::listing::{self, Condition, Page};
use crate::db::servers::{self, Shown};
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;
use crate::identity::policy::{Rule, SERVERS_DETAIL_ALL, SERVERS_INDEX_ALL};
use crate::microversion::v2;
use crate::views::server::{self as view, Aside, Kind};

/// `GET /servers`
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    list(&call, "servers", SERVERS_INDEX_ALL).await
}

/// `GET /servers/detail`
pub async fn detail(call: Call) -> ApiResult<Response<Body>> {
    list(&call, "servers/detail", SERVERS_DETAIL_ALL).await
}

async fn list(call: &Call, collection: &str, all_tenants_rule: Rule) -> ApiResult<Response<Body>> {
    let in_detail = collection == "servers/detail";
    let ask = query::parse(call, all_tenants_rule, in_detail).await?;
    let rows = page(call, &ask).await?;
    let user_data = if in_detail { user_data(call, &rows).await? } else { BTreeMap::new() };
    let audience = audience(call, &call.identity.project_id);
    let unknown = call.app.unknown_regions();
    let mut out = String::with_capacity(rows.iter().map(|row| row.document.len() + 512).sum::<usize>() + 64);
    out.push_str("{\"servers\":[");
    let start = out.len();
    for row in &rows {
        if out.len() > start {
            out.push(',');
        }
        if in_detail {
            let is_unknown = row.unknown || row.region_id.as_ref().is_some_and(|id| unknown.contains_key(id));
            let aside = Aside { unknown: is_unknown, user_data: user_data.get(&row.id).map(String::as_str) };
            if !view::detail(&mut out, row, Kind::Detail, &audience, aside) {
                return Err(Fault::internal(format!("the stored document of server {} cannot be read", row.id)));
            }
        } else {
            view::basic(&mut out, row, &audience);
        }
    }
    out.push(']');
    if let Some(last) = rows.last().filter(|_| rows.len() == ask.limit) {
        let next = call.links.next(collection, &call.query(), &last.id);
        out.push_str(",\"servers_links\":");
        out.push_str(&next.to_string());
    }
    out.push('}');
    let mut response = ok(out);
    let shown = |id: &str| rows.iter().any(|row| row.region_id.as_deref() == Some(id));
    let stale = unknown.iter().filter(|(id, _)| shown(id));
    tell_stale(&mut response, stale.map(|(_, (name, age_s))| (name.as_str(), *age_s)));
    Ok(response)
}

/// The rows of the page; read again after a fresh round where a server on it is unsettled.
async fn page(call: &Call, ask: &Ask) -> ApiResult<Vec<Shown>> {
    let db = &call.app.db;
    let Some(page) = &ask.page else { return Ok(Vec::new()) };
    if ask.limit == 0 {
        return Ok(Vec::new());
    }
    if let Some(id) = &page.marker {
        // Nova takes anybody's; here other projects' servers are for admins to see.
        let everyones = ask.all_tenants || call.identity.is_admin();
        let project_id = (!everyones).then_some(call.identity.project_id.as_str());
        if !listing::has_marker(db, id, project_id).await? {
            return Err(Fault::bad_request(format!("marker [{id}] not found")));
        }
    }
    let matcher = &call.app.matcher;
    let rows = listing::page(db, page, matcher).await?;
    let old = regions_to_ask(call, page, &rows).await?;
    let waited = call.app.sync.refresh(old.iter().map(String::as_str)).await;
    if waited { Ok(listing::page(db, page, matcher).await?) } else { Ok(rows) }
}

/// The regions in which something is under way that may change this very page.
async fn regions_to_ask(call: &Call, page: &Page, rows: &[Shown]) -> ApiResult<Vec<String>> {
    let db = &call.app.db;
    let marker = match &page.marker {
        Some(id) => listing::marker_region(db, id).await?,
        None => None,
    };
    // A filter on what may just have changed can hide an unsettled server, which is then not among the rows.
    let mut ids = if page.conditions.iter().any(Condition::can_change) {
        let regions = call.app.registry.all();
        let known: Vec<&str> = regions.iter().map(|region| region.id()).collect();
        listing::regions(db, page, &known).await?
    } else {
        rows.iter().filter(|row| !row.settled).filter_map(|row| row.region_id.clone()).collect()
    };
    ids.extend(marker);
    Ok(ids)
}

async fn user_data(call: &Call, rows: &[Shown]) -> ApiResult<BTreeMap<String, String>> {
    let ids: Vec<&str> = rows.iter().filter(|row| row.has_user_data).map(|row| row.id.as_str()).collect();
    let shown = call.version >= v2(3) && audience(call, &call.identity.project_id).extended;
    if ids.is_empty() || !shown {
        return Ok(BTreeMap::new());
    }
    Ok(servers::user_data(&call.app.db, &ids).await?.into_iter().collect())
}
