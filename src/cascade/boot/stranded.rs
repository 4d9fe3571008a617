//! Servers in ERROR on top alone: where regions are up and none takes a boot, the top does as Nova does, which keeps such
//! a server in its cell0.

use http::StatusCode;
use rand::Rng;
use rand::distr::Alphanumeric;
use serde_json::{Value, json};
use uuid::Uuid;

use super::order::Order;
use super::row;
use super::saga::{Ended, Made};
use crate::app::App;
use crate::db::clock::local_now;
use crate::db::intents::{self, Intent};
use crate::db::servers::{self, ServerRow};
use crate::db::top_actions::TopAction;
use crate::db::{DbResult, placings};
use crate::error::{ApiResult, Fault};
use crate::views::server::document::alone::{self, Alone};

/// Characters of a password that the top makes (nova.conf, `password_length`).
const PASSWORD_LENGTH: usize = 12;

/// Ends the boot of a server that has no row yet.
///
/// # Errors
/// What the database says; the intent is left to [`super::recover`].
pub async fn new(order: &Order, intent: &Intent, password: Option<&str>, message: &str) -> ApiResult<Ended> {
    let answer = answer(order, password);
    let row = row(order, intent, &answer, message).ok_or_else(|| Fault::internal("the document of a boot is none"))?;
    let action = action(intent, &row.id, message, local_now());
    if !placings::strand_new(&order.call.app.db, &intent.id, &row, &action).await? {
        let message = "The boot waited for so long that it was given up; try again.";
        return Ok(Ended::None(Fault::new(StatusCode::SERVICE_UNAVAILABLE, message)));
    }
    tracing::warn!(request_id = intent.boot_request_id, server_id = row.id, message, "no region takes a server");
    Ok(Ended::Made(Made { id: row.id, place: None, server: answer }))
}

/// Ends the boot of a server that was to be placed again.
///
/// # Errors
/// What the database says; the intent is left to [`super::recover`].
pub async fn again(app: &App, intent: &Intent, message: &str) -> DbResult<()> {
    let Some(id) = &intent.server_id else { return Ok(()) };
    let known = servers::known_by_id(&app.db, id).await?;
    let columns = known
        .as_ref()
        .and_then(|known| alone::columns(&known.document, &known.into(), Alone::Failed(message), local_now()));
    let Some(columns) = columns else { return intents::close(&app.db, &intent.id).await };
    let action = action(intent, id, message, intent.created_at);
    if placings::strand_again(&app.db, &intent.id, &columns, &action).await? {
        tracing::warn!(request_id = intent.boot_request_id, server_id = id, message, "a server is not placed again");
    }
    Ok(())
}

/// What a boot's instance action on top says of a region, or of all.
#[must_use]
pub fn action(intent: &Intent, server_id: &str, message: &str, started_at: i64) -> TopAction {
    TopAction {
        server_id: server_id.to_owned(),
        action: "create".into(),
        request_id: intent.boot_request_id.clone(),
        project_id: intent.project_id.clone(),
        user_id: intent.user_id.clone(),
        message: Some(message.to_owned()),
        started_at,
        ended_at: None,
        failed: true,
    }
}

/// What a region would answer.
fn answer(order: &Order, password: Option<&str>) -> Value {
    let asked = &order.request.body["server"];
    let given = password.or(asked["adminPass"].as_str());
    let made = || rand::rng().sample_iter(Alphanumeric).take(PASSWORD_LENGTH).map(char::from).collect();
    let disk_config = asked["OS-DCF:diskConfig"].as_str().unwrap_or("MANUAL");
    let groups = asked["security_groups"].clone();
    json!({
        "id": Uuid::new_v4().to_string(),
        "OS-DCF:diskConfig": disk_config,
        "security_groups": if groups.is_array() { groups } else { json!([{ "name": "default" }]) },
        "adminPass": given.map_or_else(made, str::to_owned),
    })
}

fn row(order: &Order, intent: &Intent, answer: &Value, message: &str) -> Option<ServerRow> {
    let row = row::from_answer(answer, &order.request.body, intent, "", &order.flavor)?;
    let told = alone::columns(&row.told.document, &(&row).into(), Alone::Failed(message), local_now())?;
    Some(ServerRow { region_id: None, local_id: None, intent_id: None, told, ..row })
}
