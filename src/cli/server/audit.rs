//! `server audit`

use std::sync::Arc;

use super::super::progress::Progress;
use super::super::{CliResult, actor, region, say};
use crate::app::App;
use crate::cascade::adopt::audit::{self, Finding, Kind, Report};
use crate::config::ms;
use crate::db::{audit as record, servers};
use crate::regions::Region;
use crate::regions::nova::RegionApi;
use crate::sync;

/// Arguments of `server audit`.
#[derive(clap::Args)]
pub struct Args {
    /// This region only.
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Adopt servers that have no row, whatever sync.strangers says; open rows that were closed though their servers run;
    /// set rows right that differ; have the sync look for
    /// servers that are gone: it closes their rows on evidence.
    #[arg(long)]
    fix: bool,
}

/// Compares, and says what differs.
///
/// # Errors
/// Something differs and was not fixed, or a region could not be compared.
pub async fn run(args: Args, app: &Arc<App>) -> CliResult {
    let regions = match &args.region {
        Some(name) => vec![region(app, name).await?],
        None => all(app).await?,
    };
    let counts = servers::counts(&app.db).await.map_err(|e| e.to_string())?;
    let (mut left, mut failed) = (0, 0);
    for region in regions {
        let rows = counts.iter().find(|(id, _)| id.as_deref() == Some(region.id())).map(|(_, count)| *count);
        let total = rows.and_then(|rows| usize::try_from(rows).ok());
        let mut progress = Progress::new(format!("{}: servers", region.name()), total);
        let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.sync.call_timeout_ms));
        let result = audit::run(app, &api, args.fix, |done| progress.tell(done.compared + done.shown)).await;
        drop(progress);
        match result {
            Ok(report) => left += tell(app, &region, &report, args.fix).await?,
            Err(error) => {
                failed += 1;
                say(&format!("{}: could not be compared: {error}", region.name()));
            }
        }
    }
    match (left, failed) {
        (0, 0) => Ok(()),
        (left, 0) if !args.fix => Err(format!("{left} differ; `server audit --fix` mends what can be mended")),
        (left, failed) => Err(format!("{left} differ, {failed} region(s) could not be compared")),
    }
}

/// All that are known and in use.
async fn all(app: &Arc<App>) -> Result<Vec<Arc<Region>>, String> {
    sync::discover(app).await;
    let mut regions = Vec::new();
    for known in app.registry.all().iter().filter(|region| region.row.state != "disabled") {
        regions.push(region(app, known.name()).await?);
    }
    if regions.is_empty() { Err("no region is known".into()) } else { Ok(regions) }
}

/// Prints a report; how many things are left.
async fn tell(app: &App, region: &Region, report: &Report, fix: bool) -> Result<usize, String> {
    let Report { compared, silent, findings } = report;
    for Finding { server_id, name, project_id, what, .. } in findings {
        say(&format!("{}: server {server_id} ({name}) of project {project_id} {what}", region.name()));
    }
    let count = |kind| findings.iter().filter(|finding| finding.kind == kind).count();
    let kinds = [
        (Kind::Stranger, "without a row"),
        (Kind::Closed, "with a closed row"),
        (Kind::Gone, "gone below"),
        (Kind::Differs, "otherwise"),
    ];
    let kinds = kinds.map(|(kind, words)| format!("{} {words}", count(kind))).join(", ");
    let left = findings.iter().filter(|finding| !finding.fixed).count();
    let summary = format!("{compared} servers compared: {kinds}; {} fixed", findings.len() - left);
    say(&format!("{}: {summary}", region.name()));
    if *silent > 0 {
        say(&format!("{}: {silent} servers are in a cell that is down and tell nothing", region.name()));
    }
    if fix && !findings.is_empty() {
        let done = record::record(&app.db, &actor(), "server audit --fix", region.name(), &summary).await;
        done.map_err(|e| e.to_string())?;
    }
    Ok(left)
}
