//! What the service logs.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use tracing_subscriber::util::SubscriberInitExt;

/// The log of this process, from the first test that reads it on.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to listen; in each test that reads the log, first of all.
pub fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        // All that an operator can ask for.
        let settings = nova_cascade::config::Log { filter: "trace,lapin=trace".into(), ..Default::default() };
        let subscriber = nova_cascade::cli::log::subscriber(&settings, true, move || writer.clone()).expect("a filter");
        subscriber.try_init().expect("the first subscriber");
        log
    })
}

/// All lines so far in which this stands.
pub fn lines(text: &str) -> Vec<Value> {
    let log = String::from_utf8(log().0.lock().unwrap().clone()).expect("text");
    let lines = log.lines().filter(|line| line.contains(text));
    lines.map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}
