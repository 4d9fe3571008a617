//! `/os-simple-tenant-usage`: what projects used, from the rows of their servers.

mod asked;

use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::Call;
use crate::db::clock::SECOND;
use crate::db::flavors;
use crate::db::text::folded_id;
use crate::db::usage::{self as rows, Stretch, Window};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::query::segment;
use crate::views::usage::{self as view, Sized};
use asked::Asked;

const COLLECTION: &str = "os-simple-tenant-usage";

/// `GET /os-simple-tenant-usage`
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let asked = Asked::read(&call)?;
    let stretches = match &asked.marker {
        None => vec![Stretch::Behind(String::new())],
        Some(id) => {
            let behind = folded_id(id);
            let project = rows::project_of(&call.app.db, &behind).await?.ok_or_else(|| no_marker(id))?;
            vec![Stretch::Of(project.clone(), behind), Stretch::Behind(project)]
        }
    };
    let servers = servers(&call, &asked, &stretches).await?;
    let usages = view::of_projects(&servers, asked.period, asked.detailed, asked.now);
    answer(&call, &asked, "tenant_usages", Value::Array(usages), COLLECTION, &servers)
}

/// `GET /os-simple-tenant-usage/{project_id}`; the marker is a server of the project.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let asked = Asked::read(&call)?;
    let project = call.matched.param("project_id");
    if let Some(id) = &asked.marker {
        let owner = rows::project_of(&call.app.db, &folded_id(id)).await?;
        owner.filter(|owner| owner == project).ok_or_else(|| no_marker(id))?;
    }
    let behind = asked.marker.as_deref().map(folded_id).unwrap_or_default();
    let servers = servers(&call, &asked, &[Stretch::Of(project.to_owned(), behind)]).await?;
    let usage = view::of_projects(&servers, asked.period, true, asked.now).pop();
    let usage = usage.unwrap_or_else(|| Value::Object(Map::new()));
    let collection = format!("{COLLECTION}/{}", segment(project));
    answer(&call, &asked, "tenant_usage", usage, &collection, &servers)
}

/// The servers of one page. Nova asks its database by whole seconds.
async fn servers(call: &Call, asked: &Asked, stretches: &[Stretch]) -> ApiResult<Vec<Sized>> {
    let whole = |time: i64| time.div_euclid(SECOND) * SECOND;
    let window = Window { from: whole(asked.period.start), until: whole(asked.period.stop) };
    let page = rows::page(&call.app.db, window, stretches, asked.limit).await?;
    let mut servers: Vec<Sized> = page.into_iter().map(Sized::read).collect();
    if servers.iter().any(Sized::is_unsized) {
        let known = flavors::all(&call.app.db).await?;
        let known = known.into_iter().map(|flavor| (flavor.id.clone(), flavor)).collect();
        for server in &mut servers {
            server.fill(&known);
        }
    }
    Ok(servers)
}

/// The answer, from 2.40 on with the link to the next page.
fn answer(
    call: &Call,
    asked: &Asked,
    key: &str,
    usage: Value,
    collection: &str,
    servers: &[Sized],
) -> ApiResult<Response<Body>> {
    let mut answer = Map::new();
    answer.insert(key.to_owned(), usage);
    if let Some(last) = servers.last().filter(|_| asked.paged && servers.len() == asked.limit) {
        answer.insert(format!("{key}_links"), call.links.next(collection, &call.query(), last.id()));
    }
    http_body::json(StatusCode::OK, &Value::Object(answer))
}

fn no_marker(id: &str) -> Fault {
    Fault::bad_request(format!("Marker {id} could not be found."))
}
