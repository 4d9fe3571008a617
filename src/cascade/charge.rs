//! What a change of a server costs its project before it is sent to the region (D6).

use serde_json::Value;

use super::act;
use super::boot::prepare;
use super::translate::text;
use crate::api::Call;
use crate::db::quota::{Account, Charge};
use crate::db::servers::{self, Shown};
use crate::error::{ApiResult, Fault};

/// What an action charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charges {
    /// Nothing.
    Nothing,
    /// The flavor that this field of its body names (a JSON pointer), where it is larger than the server's.
    Flavor(&'static str),
    /// The server again, which was charged nothing while it was softly deleted.
    Whole,
}

/// A charge that was raised.
#[derive(Clone, Copy, Debug)]
pub struct Raised {
    before: Charge,
    to: Charge,
}

/// Charges what an action of this body will cost; none where that is nothing more.
///
/// # Errors
/// 403 in Nova's words where it does not fit, 400 for a flavor that is not there.
pub async fn raise(call: &Call, row: &Shown, charges: Charges, body: &Value) -> ApiResult<Option<Raised>> {
    let to = match charges {
        Charges::Nothing => return Ok(None),
        Charges::Flavor(pointer) => {
            let Some(id) = body.pointer(pointer).and_then(text) else { return Ok(None) };
            let flavor = prepare::flavor(call, &id).await?;
            Charge::of_server(flavor.vcpus, flavor.ram_mb)
        }
        Charges::Whole => match size(row) {
            Some((cores, ram_mb)) => Charge::of_server(cores, ram_mb),
            None => return Ok(None),
        },
    };
    let app = &call.app;
    let what = servers::Raise {
        region_id: row.region_id.as_deref().unwrap_or_default(),
        id: &row.id,
        owner: Account::new(&row.project_id, &row.user_id),
        to,
        hold_us: act::in_flight_us(app),
    };
    let before = servers::raise(&app.db, &app.config.quota, what).await?;
    let Some(before) = before.map_err(|over| Fault::forbidden(over.message(None)))? else { return Ok(None) };
    let to = before.larger(to);
    Ok((to != before).then_some(Raised { before, to }))
}

/// Takes a charge back: the region refused. Where it is not known whether it did, the next document tells.
///
/// # Errors
/// What the database says.
pub async fn take_back(call: &Call, id: &str, raised: Option<Raised>) -> ApiResult<()> {
    if let Some(Raised { before, to }) = raised {
        servers::lower(&call.app.db, id, to, before).await?;
    }
    Ok(())
}

/// Cores and MiB in the stored document.
fn size(row: &Shown) -> Option<(i32, i32)> {
    let document: Value = serde_json::from_str(&row.document).ok()?;
    let number = |name: &str| i32::try_from(document["flavor"][name].as_i64()?).ok();
    Some((number("vcpus")?, number("ram")?))
}
