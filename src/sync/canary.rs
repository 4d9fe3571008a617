//! Whether what a region does not show can be believed: the catalog still leads to it, the account still has its role
//! there, and a server that is surely there is shown.

use http::Method;

use super::intake::Intake;
use super::round::SyncError;
use super::shows::{self, Shown};
use crate::db::servers::attention;
use crate::microversion::MIN;
use crate::regions::discovery;

/// Known servers that are asked for, one after the other, until one is shown.
const WITNESSES: i64 = 3;

/// A region that is to be believed.
pub(super) struct Canary {
    /// The server that was shown; none where the region is empty.
    witness: Option<String>,
}

impl Canary {
    /// Asks. The inner error says what is in doubt.
    pub async fn hear(intake: &mut Intake<'_>) -> Result<Result<Self, String>, SyncError> {
        let region = intake.api.region().clone();
        let found = discovery::find(&intake.app.config, &intake.app.service).await?;
        if !found.iter().any(|found| found.name == region.name()) {
            return Ok(Err("the catalog does not have the region".into()));
        }
        if !intake.api.has_role().await? {
            return Ok(Err("the account may not list its services: has it lost its role?".into()));
        }
        let known = attention::witnesses(&intake.app.db, region.id(), WITNESSES).await?;
        if known.is_empty() {
            return stranger(intake).await;
        }
        for local_id in known {
            if is_shown(intake, &local_id).await? {
                return Ok(Ok(Self { witness: Some(local_id) }));
            }
        }
        Ok(Err("none of the servers known there is shown".into()))
    }

    /// Asks once more, after what was to be believed.
    pub async fn again(&mut self, intake: &mut Intake<'_>) -> Result<Result<(), String>, SyncError> {
        let good = match &self.witness {
            Some(local_id) => is_shown(intake, local_id).await?,
            None => intake.api.has_role().await?,
        };
        Ok(if good { Ok(()) } else { Err("it was not to be believed for long".into()) })
    }
}

/// Without a known server, one that the top does not know does as well. A region whose list is empty is believed where
/// the account has its role: the list is then all there is.
async fn stranger(intake: &mut Intake<'_>) -> Result<Result<Canary, String>, SyncError> {
    let api = intake.api;
    let list = api.compute(Method::GET, "/servers?all_tenants=1&limit=1", MIN, None).await?.json(api.region())?;
    let Some(servers) = list["servers"].as_array() else { return Ok(Err("it told no list of servers".into())) };
    let Some(local_id) = servers.first().and_then(|server| server["id"].as_str()) else {
        return Ok(Ok(Canary { witness: None }));
    };
    Ok(if is_shown(intake, local_id).await? {
        Ok(Canary { witness: Some(local_id.to_owned()) })
    } else {
        Err("a server of its own list is not shown".into())
    })
}

async fn is_shown(intake: &mut Intake<'_>, local_id: &str) -> Result<bool, SyncError> {
    Ok(shows::show(intake, local_id).await? == Shown::There)
}
