//! `region`

mod add;
mod change;
pub(super) mod list;
mod pin;
mod show;
mod status;

use std::sync::Arc;

use clap::Subcommand;

use super::CliResult;
use crate::app::App;
use crate::db::regions::state;

/// Verbs of `region`.
#[derive(Subcommand)]
pub enum Command {
    /// List the regions: state, weight, newest microversion, servers, last sync round.
    List,
    /// Join a region: check what the service needs of it, register it, and take over the servers that it runs.
    Add(add::Args),
    /// Show one region: endpoints, state, weight, zones, projects, and what it says now of its services and its room.
    Show {
        /// Its name.
        name: String,
    },
    /// Tell how fresh the picture of each region is: age of the last round, lag of the last change and skew of the
    /// region's clock, rows under way, missing and of a cell that is down, the sweep under way and the age of the last
    /// one, errors, the brake.
    Status,
    /// Say that the servers of a region that are missing now are really gone: the brake no longer keeps their rows.
    Release {
        /// Its name.
        name: String,
    },
    /// Let a region take new servers again.
    Enable {
        /// Its name.
        name: String,
    },
    /// Give a region no new servers; those that it has are served and synced as before.
    Drain {
        /// Its name.
        name: String,
    },
    /// Give a region no new servers, and rest its sync: what is shown of its servers then grows old. For a region that is
    /// away for long; a process that syncs it already does so until it is started again.
    Disable {
        /// Its name.
        name: String,
    },
    /// Prefer a region, or put it behind others: where a boot can go to several, the one with the most weight takes it
    /// (boot.weighers). All begin with 0.
    Weight {
        /// Its name.
        name: String,
        /// More is better; may be negative.
        #[arg(allow_negative_numbers = true)]
        weight: i32,
    },
    /// Keep a project's new servers in a region, or out of it.
    ///
    /// A project that is pinned to regions gets servers in these alone; one that is kept out of a region gets them in any
    /// other. What the project has already stays where it is.
    #[command(verbatim_doc_comment)]
    Pin {
        /// Id of the project, as of: openstack project show -f value -c id NAME
        project: String,
        /// Name of the region.
        name: String,
        /// Keep it out instead.
        #[arg(long, conflicts_with = "remove")]
        keep_out: bool,
        /// Take back what was said of this project and this region.
        #[arg(long)]
        remove: bool,
    },
}

/// Runs the verb.
pub async fn run(command: Command, app: &Arc<App>) -> CliResult {
    match command {
        Command::List => list::run(app).await,
        Command::Add(args) => add::run(args, app).await,
        Command::Show { name } => show::run(app, &name).await,
        Command::Status => status::run(app).await,
        Command::Release { name } => status::release(app, &name).await,
        Command::Enable { name } => change::state(app, &name, state::ENABLED).await,
        Command::Drain { name } => change::state(app, &name, state::DRAINING).await,
        Command::Disable { name } => change::state(app, &name, state::DISABLED).await,
        Command::Weight { name, weight } => change::weight(app, &name, weight).await,
        Command::Pin { project, name, keep_out, remove } => pin::run(app, &project, &name, keep_out, remove).await,
    }
}
