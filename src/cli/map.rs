//! `map`

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{CliResult, actor, region, say};
use crate::app::App;
use crate::db::{audit, equivalents};

/// Verbs of `map`.
#[derive(Subcommand)]
pub enum Command {
    /// A network is LOCAL_ID in REGION. Neutron never takes an id from a caller, so it is another one in each region.
    Network(Row),
    /// An image is LOCAL_ID in REGION. Not needed where Glance has it under the same id.
    Image(Row),
    /// A security group is LOCAL_ID in REGION. Not needed where boots name groups that have one name in all regions.
    SecurityGroup(Row),
    /// List what is mapped.
    List,
    /// Forget a mapping.
    Remove {
        /// As "map list" has it: network, image, security_group.
        kind: String,
        /// Id that users name.
        top_id: String,
        /// Region.
        region: String,
    },
}

/// One mapping.
#[derive(Args)]
pub struct Row {
    /// Id that users name; usually that of the region whose network service the clients see.
    top_id: String,
    /// Region.
    region: String,
    /// Id in that region.
    local_id: String,
}

/// Runs the verb.
pub async fn run(command: Command, app: &Arc<App>) -> CliResult {
    match command {
        Command::Network(row) => set(app, "network", &row).await,
        Command::Image(row) => set(app, "image", &row).await,
        Command::SecurityGroup(row) => set(app, "security_group", &row).await,
        Command::List => list(app).await,
        Command::Remove { kind, top_id, region: name } => remove(app, &kind, &top_id, &name).await,
    }
}

async fn set(app: &Arc<App>, kind: &str, row: &Row) -> CliResult {
    let region = region(app, &row.region).await?;
    equivalents::set(&app.db, kind, &row.top_id, region.id(), &row.local_id).await.map_err(|e| e.to_string())?;
    note(app, "map", kind, &row.top_id, &format!("is {} in {}", row.local_id, row.region)).await
}

async fn remove(app: &Arc<App>, kind: &str, top_id: &str, name: &str) -> CliResult {
    let region = region(app, name).await?;
    if !equivalents::remove(&app.db, kind, top_id, region.id()).await.map_err(|e| e.to_string())? {
        return Err(format!("{kind} {top_id} is not mapped in {name}"));
    }
    note(app, "map remove", kind, top_id, &format!("is not mapped in {name} any more")).await
}

async fn note(app: &Arc<App>, action: &str, kind: &str, top_id: &str, what: &str) -> CliResult {
    let target = format!("{kind} {top_id}");
    audit::record(&app.db, &actor(), action, &target, what).await.map_err(|e| e.to_string())?;
    say(&format!("{target} {what}"));
    Ok(())
}

async fn list(app: &Arc<App>) -> CliResult {
    app.load_regions().await.map_err(|e| e.to_string())?;
    say(&format!("{:<16} {:<38} {:<24} {:<38} ORIGIN", "KIND", "TOP ID", "REGION", "LOCAL ID"));
    for row in equivalents::all(&app.db).await.map_err(|e| e.to_string())? {
        let region = app.registry.get(&row.region_id);
        let name = region.as_ref().map_or(row.region_id.as_str(), |region| region.name());
        say(&format!("{:<16} {:<38} {name:<24} {:<38} {}", row.kind, row.top_id, row.local_id, row.origin));
    }
    Ok(())
}
