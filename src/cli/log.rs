//! The log: JSON lines or text on standard error.

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Sets the log up; verbs other than `serve` speak to a person, so they log warnings only, as text.
///
/// # Errors
/// Text for the operator where the filter cannot be read.
pub fn init(settings: &Log, serving: bool) -> Result<(), String> {
    let filter = if serving { settings.filter.as_str() } else { "warn" };
    // lapin logs each error beside returning it; we tell of those once. A filter that names it comes later and wins.
    let filter =
        EnvFilter::try_new(format!("lapin=off,{filter}")).map_err(|e| format!("log.filter = {filter}: {e}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = match settings.format {
        LogFormat::Json if serving => builder.json().flatten_event(true).try_init(),
        _ => builder.try_init(),
    };
    done.map_err(|e| e.to_string())
}
