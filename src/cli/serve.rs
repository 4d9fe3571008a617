//! `serve`

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::CliResult;
use crate::app::App;
use crate::cascade::boot::{recover, watch};
use crate::config::ms;
use crate::serve::Settings;
use crate::{db, metrics, serve, stack, sync};

/// Serves until SIGTERM or SIGINT.
pub async fn run(app: Arc<App>) -> CliResult {
    for exposed in app.config.exposed_secrets() {
        tracing::warn!(exposed, "a secret can be read by others");
    }
    let _lock = app.db.lock_for_serving().map_err(|e| e.to_string())?;
    let applied = db::migrate(&app.db).await.map_err(|e| e.to_string())?;
    if applied > 0 {
        tracing::info!(applied, "the database's schema was brought up to date");
    }
    app.load_regions().await.map_err(|e| e.to_string())?;
    let listener = serve::bind(app.config.listen.address).await?;
    let mut servers = Vec::new();
    if let Some(address) = app.config.listen.metrics_address {
        let listener = serve::bind(address).await?;
        let service = metrics::service()?;
        servers.push(tokio::spawn(serve::run(listener, service, Settings::of(&app.config), app.shutdown.clone())));
    }
    app.keep("regions", sync::run);
    app.keep("open boots", recover::run);
    app.keep("boots that are not launched", watch::run);
    let address = app.config.listen.address;
    tracing::info!(%address, process_id = app.process_id, "serving");
    let shutdown = app.shutdown.clone();
    let service = stack::build(&app);
    servers.push(tokio::spawn(serve::run(listener, service, Settings::of(&app.config), shutdown)));
    until_told().await?;
    tracing::info!("stopping: no new requests, those under way end");
    app.shutdown.cancel();
    for server in servers {
        let _ = server.await;
    }
    app.tasks.close();
    let grace = ms(app.config.listen.shutdown_grace_ms);
    if tokio::time::timeout(grace, app.tasks.wait()).await.is_err() {
        tracing::warn!("background work was cut off after listen.shutdown_grace_ms");
    }
    Ok(())
}

async fn until_told() -> CliResult {
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| e.to_string())?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result.map_err(|e| e.to_string())?,
    }
    Ok(())
}
