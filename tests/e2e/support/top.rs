//! The process under test: our binary, configured from the lab's facts, with a database of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::http::Ask;
use super::judge::Verdicts;
use super::recorder::Recorder;
use super::{TOP, lab};

pub struct Top {
    home: TempDir,
    process: Option<Child>,
    /// Where it listens itself, behind the recorder.
    inner_port: u16,
    metrics_port: u16,
    recorder: Option<Recorder>,
    verdicts: Arc<Verdicts>,
}

impl Top {
    /// Configured, with a migrated database; not serving yet. `more` is put at the end of its configuration.
    pub fn with(more: &str) -> Self {
        let [inner_port, metrics_port] = free_ports();
        let top = Self {
            home: TempDir::new().expect("a temporary folder"),
            process: None,
            inner_port,
            metrics_port,
            recorder: None,
            verdicts: Arc::default(),
        };
        let mut config = String::new();
        let entries = [
            ("listen", "address", format!("127.0.0.1:{}", top.inner_port)),
            ("listen", "metrics_address", format!("127.0.0.1:{}", top.metrics_port)),
            ("keystone", "url", lab::fact("/keystone_url")),
            ("keystone", "password", lab::fact("/users/cascade/password")),
            ("database", "url", format!("sqlite://{}", top.file("top.db").display())),
            ("log", "filter", "info".into()),
        ];
        let mut section = "";
        for (name, key, value) in &entries {
            if *name != section {
                let _ = writeln!(config, "[{name}]");
                section = name;
            }
            let _ = writeln!(config, "{key} = {value:?}");
        }
        let _ = writeln!(config, "[region]\ntop_names = [{TOP:?}]\n{more}");
        std::fs::write(top.file("top.toml"), config).expect("a configuration");
        top.cli(&["db", "migrate"]);
        top
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nova-cascade"));
        command.arg("--config").arg(self.file("top.toml"));
        command
    }

    /// `nova-cascade …` with the same configuration, ending well; what it printed.
    #[track_caller]
    pub fn cli(&self, arguments: &[&str]) -> String {
        let done = self.command().args(arguments).output().expect("the binary starts");
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "nova-cascade {arguments:?}: {error}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    pub fn url(&self) -> String {
        lab::fact("/top_url")
    }

    /// A metric as it is now; 0 where there is none yet. The name is given with its labels.
    #[track_caller]
    pub fn metric(&self, name: &str) -> f64 {
        let text = Ask::new("GET", format!("http://127.0.0.1:{}/metrics", self.metrics_port)).send().expect(200).text;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().expect("a number"))
    }

    /// Starts to serve, and waits for the first answer.
    #[track_caller]
    pub fn start(&mut self) {
        let port: u16 = lab::fact("/top_port").parse().expect("a port");
        assert!(
            TcpStream::connect(format!("127.0.0.1:{port}")).is_err(),
            "port {port} is taken; these tests need it: tools/top down"
        );
        let log = File::options().create(true).append(true).open(self.file("log")).expect("a log");
        let error = log.try_clone().expect("a log");
        let process = self.command().arg("serve").stdin(Stdio::null()).stdout(log).stderr(error).spawn();
        self.process = Some(process.expect("the binary starts"));
        self.recorder = Some(Recorder::new(port, self.inner_port, &self.verdicts));
        let deadline = Instant::now() + Duration::from_secs(20);
        while Ask::new("GET", self.url()).try_send().is_err() {
            let ended = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
            assert!(ended.is_none() && Instant::now() < deadline, "it does not serve: {ended:?}\n{}", self.log_end());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        self.recorder = None;
    }

    /// How many of its answers passed Nova's schema, by Nova's route (an action's key behind it) and microversion.
    pub fn judged(&self) -> BTreeMap<(String, String), usize> {
        self.verdicts.all().0
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Top {
    fn drop(&mut self) {
        self.kill();
        let (passed, wrong) = self.verdicts.all();
        let verdict = format!("{} answers are not as Nova's:\n{}", wrong.len(), wrong.join("\n"));
        if std::thread::panicking() {
            eprintln!("--- {verdict}\n--- the end of the top's log:\n{}\n---", self.log_end());
            return;
        }
        assert!(wrong.is_empty(), "{verdict}");
        assert!(!passed.is_empty(), "no answer was judged");
    }
}

/// Two that differ: both are held until both are known.
fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}
