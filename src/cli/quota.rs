//! `quota`

use std::sync::Arc;

use clap::Subcommand;

use super::{CliResult, actor, region, say};
use crate::app::App;
use crate::cascade::region_quota;
use crate::config::ms;
use crate::db::{audit, quota};
use crate::regions::nova::RegionApi;

/// Verbs of `quota`.
#[derive(Subcommand)]
pub enum Command {
    /// Take the default limits of a region away, so that the top alone limits projects. Limits that the region has for
    /// single projects stay; this tells them: openstack --os-region-name REGION quota show PROJECT
    OpenRegion {
        /// Its name.
        region: String,
    },
    /// Count what projects use again, and show the sums that are wrong.
    Audit {
        /// Set them right; may run while the service does.
        #[arg(long)]
        fix: bool,
    },
}

/// Runs the verb.
pub async fn run(command: Command, app: &Arc<App>) -> CliResult {
    match command {
        Command::OpenRegion { region } => open_region(app, &region).await,
        Command::Audit { fix } => count(app, fix).await,
    }
}

async fn open_region(app: &Arc<App>, name: &str) -> CliResult {
    let region = region(app, name).await?;
    let api = RegionApi::new(app.service.clone(), region, ms(app.config.sync.call_timeout_ms));
    let before = region_quota::open(&api).await.map_err(|e| e.to_string())?;
    let list = before.iter().map(|(resource, limit)| format!("{resource} {limit}")).collect::<Vec<_>>().join(", ");
    let told = if before.is_empty() { "had no limits".to_owned() } else { format!("had: {list}") };
    audit::record(&app.db, &actor(), "quota open-region", name, &told).await.map_err(|e| e.to_string())?;
    say(&format!("{name} has no default limits now; it {told}"));
    Ok(())
}

async fn count(app: &Arc<App>, fix: bool) -> CliResult {
    let drift = quota::audit(&app.db, fix).await.map_err(|e| e.to_string())?;
    if drift.is_empty() {
        say("all sums are right");
        return Ok(());
    }
    say(&format!("{:<34} {:<34} {:<14} {:>12} {:>12}", "PROJECT", "USER", "RESOURCE", "NOTED", "COUNTED"));
    for one in &drift {
        let user = if one.user_id.is_empty() { "(all)" } else { &one.user_id };
        let (noted, counted) = (one.noted, one.counted);
        say(&format!("{:<34} {user:<34} {:<14} {noted:>12} {counted:>12}", one.project_id, one.resource));
    }
    let count = drift.len();
    if !fix {
        return Err(format!("{count} sums are wrong; `quota audit --fix` sets them right"));
    }
    let told = format!("{count} sums");
    audit::record(&app.db, &actor(), "quota audit --fix", "quota", &told).await.map_err(|e| e.to_string())?;
    say(&format!("{count} sums were wrong and are right now"));
    Ok(())
}
