//! `region enable`, `drain`, `disable` and `weight`

use std::sync::Arc;

use super::super::{CliResult, actor, region, say, tell};
use crate::app::App;
use crate::config::ms;
use crate::db::regions::{self, state};
use crate::db::{DbResult, audit};
use crate::microversion::Microversion;
use crate::regions::Region;
use crate::regions::nova::RegionApi;

/// Sets a region's state.
pub(super) async fn state(app: &Arc<App>, name: &str, to: &'static str) -> CliResult {
    let region = region(app, name).await?;
    let was = region.row.state.clone();
    if was == to && region.row.same_as.is_empty() {
        say(&format!("{name} is {to} already"));
        return Ok(());
    }
    if to == state::ENABLED {
        accept_older(app, &region).await?;
    }
    told(regions::set_state(&app.db, region.id(), to).await, name)?;
    note(app, verb(to), name, &format!("was {was}")).await?;
    say(&format!("{name} is {to} now; it was {was}. Running processes see it within seconds."));
    Ok(())
}

/// A region that came back older than it was is drained by the sync (D8). Enabling it says that this is meant: the top
/// then offers no more than it speaks.
async fn accept_older(app: &Arc<App>, region: &Arc<Region>) -> CliResult {
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.region.lookup_patience_ms));
    let newest = match api.newest().await {
        Ok(newest) => newest,
        Err(error) => {
            tell(&format!("{error}; it is enabled all the same, and gets boots once it answers"));
            return Ok(());
        }
    };
    let name = region.name();
    if Microversion::parse(&region.row.microversion_max).is_some_and(|known| newest < known) {
        let was = &region.row.microversion_max;
        let set = regions::set_microversion(&app.db, region.id(), &newest.to_string()).await;
        set.map_err(|e| e.to_string())?;
        say(&format!("{name} speaks {newest}, not {was} as before: the top offers no newer microversion from now on"));
        note(app, "region enable", name, &format!("microversion {newest}, was {was}")).await?;
    }
    Ok(())
}

fn verb(state: &str) -> &'static str {
    match state {
        state::ENABLED => "region enable",
        state::DRAINING => "region drain",
        _ => "region disable",
    }
}

/// Sets a region's weight.
pub(super) async fn weight(app: &Arc<App>, name: &str, to: i32) -> CliResult {
    let region = region(app, name).await?;
    told(regions::set_weight(&app.db, region.id(), to).await, name)?;
    note(app, "region weight", name, &format!("{to}, was {}", region.row.weight)).await?;
    say(&format!("{name} has weight {to} now; it was {}", region.row.weight));
    if !app.selector.weighs_by("weight") {
        say("boot.weighers does not have 'weight', so that this changes nothing");
    }
    Ok(())
}

fn told(done: DbResult<bool>, name: &str) -> CliResult {
    match done {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("{name} was not changed: it is gone")),
        Err(error) => Err(error.to_string()),
    }
}

async fn note(app: &App, action: &str, name: &str, detail: &str) -> CliResult {
    audit::record(&app.db, &actor(), action, name, detail).await.map_err(|e| e.to_string())
}
