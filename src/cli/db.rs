//! `db`

use clap::Subcommand;

use super::{CliResult, say};
use crate::db::{self, Db};

/// Verbs of `db`.
#[derive(Subcommand)]
pub enum Command {
    /// Make the tables, or bring them up to date; safe to run again.
    Migrate,
}

/// Runs the verb.
pub async fn run(command: Command, db: &Db) -> CliResult {
    match command {
        Command::Migrate => {
            let applied = db::migrate(db).await.map_err(|e| e.to_string())?;
            say(&format!("{applied} migration(s) applied; the schema is up to date"));
            Ok(())
        }
    }
}
