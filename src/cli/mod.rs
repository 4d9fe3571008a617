//! The command line: thin verbs over the library, one file each.
//!
//! The doc comments of commands and arguments are their help: text for a shell, without Markdown.

#![allow(clippy::doc_markdown, reason = "a backtick of a help text runs a command where it is pasted")]

mod check;
mod db;
mod flavor;
pub mod log;
mod map;
mod progress;
mod quota;
mod region;
mod select;
mod serve;
mod server;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::config::Config;
use crate::db::Db;

/// One Nova endpoint on top of many OpenStack regions.
///
/// Users talk to this service as to a Nova; it chooses a region for each server, keeps flavors once for all regions,
/// and mirrors the status of servers and ports back.
///
/// A first run:
///   nova-cascade --config nova-cascade.toml db migrate      make or upgrade the database
///   nova-cascade --config nova-cascade.toml check           is everything reachable, and has the account its roles?
///   nova-cascade --config nova-cascade.toml flavor import RegionOne
///   nova-cascade --config nova-cascade.toml quota open-region RegionOne      the top alone limits projects
///   nova-cascade --config nova-cascade.toml map network TOP_ID REGION LOCAL_ID
///   nova-cascade --config nova-cascade.toml serve
#[derive(Parser)]
#[command(version, verbatim_doc_comment, max_term_width = 120)]
struct Cli {
    /// TOML file; every key is explained in config/nova-cascade.toml. CASCADE__SECTION__KEY overrides it.
    #[arg(long, short, global = true, env = "CASCADE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the compute API, with the status sync of all regions.
    Serve,
    /// The database's schema.
    #[command(subcommand)]
    Db(db::Command),
    /// The regions below.
    #[command(subcommand)]
    Region(region::Command),
    /// Explain which region a boot would get, and why.
    Select(select::Select),
    /// Servers: where one is, and whether regions and top agree.
    #[command(subcommand)]
    Server(server::Command),
    /// The flavors of the top.
    #[command(subcommand)]
    Flavor(flavor::Command),
    /// What a network, image, … of the top is called in each region.
    #[command(subcommand)]
    Map(map::Command),
    /// Limits of projects.
    #[command(subcommand)]
    Quota(quota::Command),
    /// Ask everything this service needs, and say what is wrong.
    Check,
    /// Print the route table as api-ref/README.md has it.
    #[command(hide = true)]
    ApiRef,
}

/// What a verb gives: text for the operator when it fails.
type CliResult = Result<(), String>;

/// Parses the arguments and runs the verb.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "nova-cascade: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> CliResult {
    if matches!(cli.command, Command::ApiRef) {
        say(&crate::routes::api_ref());
        return Ok(());
    }
    let config = Config::load(cli.config.as_deref()).map_err(|e| e.to_string())?;
    log::init(&config.log, matches!(cli.command, Command::Serve))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let db = Db::open(&config.database).map_err(|e| e.to_string())?;
        if let Command::Db(command) = cli.command {
            return db::run(command, &db).await;
        }
        let app = App::new(config, db)?;
        match cli.command {
            Command::Serve => serve::run(app).await,
            Command::Region(command) => region::run(command, &app).await,
            Command::Select(select) => select::run(select, &app).await,
            Command::Server(command) => server::run(command, &app).await,
            Command::Flavor(command) => flavor::run(command, &app).await,
            Command::Map(command) => map::run(command, &app).await,
            Command::Quota(command) => quota::run(command, &app).await,
            Command::Check => check::run(&app).await,
            Command::Db(_) | Command::ApiRef => Ok(()),
        }
    })
}

/// Prints for the operator; a closed pipe is not an error.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Tells how a command that takes a while goes on; beside its output, not in it.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A region by its name, from the database; discovered first where none is known yet.
async fn region(app: &Arc<App>, name: &str) -> Result<Arc<crate::regions::Region>, String> {
    app.load_regions().await.map_err(|e| e.to_string())?;
    if app.registry.by_name(name).is_none() {
        crate::sync::discover(app).await;
    }
    if let Some(region) = app.registry.by_name(name).filter(|region| region.row.microversion_max.is_empty()) {
        crate::sync::learn(app, region).await.map_err(|e| e.to_string())?;
    }
    app.registry.by_name(name).ok_or_else(|| {
        let names: Vec<String> = app.registry.all().iter().map(|region| region.name().to_owned()).collect();
        format!(
            "there is no region {name}; there are: {}",
            if names.is_empty() { "none".into() } else { names.join(", ") }
        )
    })
}

/// Who runs the command, for the audit.
fn actor() -> String {
    std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "operator".into())
}
