//! The log: JSON lines or text on standard error.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, filter, fmt, registry};

use crate::config::{Log, LogFormat};

/// Sets the log up; verbs other than `serve` speak to a person, so they log warnings only, as text.
///
/// # Errors
/// Text for the operator where the filter cannot be read.
pub fn init(settings: &Log, serving: bool) -> Result<(), String> {
    subscriber(settings, serving, std::io::stderr)?.try_init().map_err(|e| e.to_string())
}

/// What [`init`] sets up, with another end.
///
/// # Errors
/// Text for the operator where the filter cannot be read.
pub fn subscriber<W>(settings: &Log, serving: bool, writer: W) -> Result<impl Subscriber + Send + Sync + use<W>, String>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = if serving { settings.filter.as_str() } else { "warn" };
    // lapin logs each error beside returning it; we tell of those once. A filter that names it comes later and wins.
    let filter =
        EnvFilter::try_new(format!("lapin=off,{filter}")).map_err(|e| format!("log.filter = {filter}: {e}"))?;
    let lines = fmt::layer().with_writer(writer);
    let lines = match settings.format {
        LogFormat::Json if serving => lines.json().flatten_event(true).boxed(),
        _ => lines.boxed(),
    };
    Ok(registry().with(lines).with(filter).with(filter::filter_fn(may_be_logged)))
}

/// Libraries print requests, URLs and credentials at debug and trace (lapin the broker's password, for one): whatever
/// `log.filter` says, that is never logged.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    *metadata.level() <= Level::INFO || target == "nova_cascade" || target.starts_with("nova_cascade::")
}
