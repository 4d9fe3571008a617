//! Flavors: the top's own.

pub mod access;
pub mod action;
pub mod create;
pub mod delete;
pub mod extra_specs;
pub mod index;
mod query;
pub mod show;
mod sort;
pub mod update;

use http::{Response, StatusCode};
use serde_json::json;

use super::Call;
use super::schema::Check::{MaxLength, Pattern, Type as OfType};
use super::schema::{Schema, Type, printable};
use crate::db::flavors::{self as rows, Flavor};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::identity::policy::EXTRA_SPECS_INDEX;
use crate::views::flavor as view;

/// A description; what a message shows of the expression is not its every character.
const DESCRIPTION: Schema =
    &[OfType(&[Type::String, Type::Null]), MaxLength(65_535), Pattern("^[printable characters]*$", printable)];

fn missing(id: &str) -> Fault {
    Fault::not_found(format!("Flavor {id} could not be found."))
}

/// The flavor that the path names; a private one is there for the projects it is for, and for admins.
async fn find(call: &Call) -> ApiResult<Flavor> {
    call.require_context()?;
    let asked = call.matched.param("flavor_id");
    let flavor = match rows::get(&call.app.db, asked).await? {
        Some(flavor) => flavor,
        None => rows::get(&call.app.db, &named(call).await?).await?.ok_or_else(|| missing(asked))?,
    };
    if flavor.is_public || call.identity.is_admin() {
        return Ok(flavor);
    }
    let projects = rows::access(&call.app.db, &flavor.id).await?;
    if projects.contains(&call.identity.project_id) { Ok(flavor) } else { Err(missing(asked)) }
}

/// The id of the flavor that the path names, however it is written there.
async fn named(call: &Call) -> ApiResult<String> {
    let asked = call.matched.param("flavor_id");
    rows::id_of(&call.app.db, asked).await?.ok_or_else(|| missing(asked))
}

fn sees_extra_specs(call: &Call) -> bool {
    EXTRA_SPECS_INDEX.allows(&call.identity, &call.identity.project_id)
}

/// A flavor's document as an answer.
fn shown(call: &Call, flavor: &Flavor) -> ApiResult<Response<Body>> {
    let document = view::detail(flavor, &call.links, call.version, sees_extra_specs(call));
    http_body::json(StatusCode::OK, &json!({ "flavor": document }))
}

/// Something changed that regions have: they are brought to it at once.
fn changed(call: &Call) {
    call.app.sync.wake_owned();
}
