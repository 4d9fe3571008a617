//! `server`

mod audit;
mod locate;

use std::sync::Arc;

use clap::Subcommand;

use super::CliResult;
use crate::app::App;

/// Verbs of `server`.
#[derive(Subcommand)]
pub enum Command {
    /// Compare regions with the top, in both directions: servers that the top does not know, rows whose servers are
    /// gone, and what is shown or charged otherwise than the region says. Changes nothing without --fix; exits with 1
    /// where something differs and was not fixed. May run while the service serves.
    Audit(audit::Args),
    /// Show where a server is: region, id there, ports, request ids of its boot.
    Locate(locate::Args),
}

/// Runs the verb.
pub async fn run(command: Command, app: &Arc<App>) -> CliResult {
    match command {
        Command::Audit(args) => audit::run(args, app).await,
        Command::Locate(args) => locate::run(args, app).await,
    }
}
