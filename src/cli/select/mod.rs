//! `select`: which region a boot would get, and why.

mod explain;
mod read;

use std::sync::Arc;

use clap::Args;

use super::region::list::say_refused;
use super::{CliResult, say, tell};
use crate::app::App;
use crate::cascade::boot::needs;
use crate::config::ms;
use crate::db::servers;
use crate::identity::TokenText;
use crate::regions::forward::Bearer;
use crate::selector::Asker;
use crate::sync;

/// Explain which region a boot would get, filter by filter. Nothing is booted.
///
/// The regions are asked as the service account, which sees more than a user: of networks, images and the like those
/// count that are the project's own or for all. What is shared with single projects (RBAC policies, image members) is
/// not seen, so that a region can be taken out here that a user's boot would go to. Failed boots are known to the
/// process that serves alone; its log explains each boot in one line ("regions for a boot").
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Select {
    /// Id of the project, as of: openstack project show -f value -c id NAME
    #[arg(long)]
    project: String,
    /// Id or name of a flavor of the top.
    #[arg(long)]
    flavor: String,
    /// Id of the image; without one, the server boots from its volume.
    #[arg(long)]
    image: Option<String>,
    /// Id of a network; may be given several times, as all that follow.
    #[arg(long)]
    network: Vec<String>,
    /// Id of a port.
    #[arg(long)]
    port: Vec<String>,
    /// Id of a volume.
    #[arg(long)]
    volume: Vec<String>,
    /// Id of a volume snapshot.
    #[arg(long)]
    snapshot: Vec<String>,
    /// Id or name of a security group.
    #[arg(long)]
    security_group: Vec<String>,
    /// Zone of the top: REGION or REGION-ZONE.
    #[arg(long)]
    zone: Option<String>,
    /// Scheduler hint: region=NAME, different_region=NAME, same_host=SERVER, group=ID.
    #[arg(long, value_name = "KEY=VALUE")]
    hint: Vec<String>,
    /// Microversion of the request.
    #[arg(long, default_value = "2.1")]
    microversion: String,
}

/// Runs it.
pub async fn run(select: Select, app: &Arc<App>) -> CliResult {
    sync::discover(app).await;
    let regions = app.registry.all();
    for region in regions.iter().filter(|region| region.row.microversion_max.is_empty()) {
        if let Err(error) = sync::learn(app, region.clone()).await {
            tell(&error.to_string());
        }
    }
    for (id, count) in servers::counts(&app.db).await.map_err(|e| e.to_string())? {
        if let Some(region) = id.and_then(|id| app.registry.get(&id)) {
            region.health.set_servers(count);
        }
    }
    let ask = read::ask(app, &select).await?;
    let token = TokenText::new(&app.service.token().await.map_err(|e| e.to_string())?);
    let asker = Asker {
        visibility: &app.visibility,
        project_id: &ask.project_id,
        bearer: Bearer {
            share: &ask.project_id,
            token: &token,
            service_token: None,
            request_id: &format!("req-{}", uuid::Uuid::new_v4()),
        },
        by_admin: true,
        absence: None,
        equivalents: needs::local_names(&app.db, &ask.named).await.map_err(|e| e.to_string())?,
        timeout: ms(app.config.region.lookup_patience_ms),
    };
    tell(&format!("asking {} regions as the service account …", regions.len()));
    let selection = app.selector.select(&app.registry, &ask, &asker).await;
    let order: Vec<&str> = app.selector.filters().map(crate::selector::Filter::name).collect();
    for line in explain::lines(&order, &selection) {
        say(&line);
    }
    say_refused(app);
    Ok(())
}
