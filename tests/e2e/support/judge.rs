//! Nova's own word on what the top answers: `tools/lab_parts/inside/nova_judge.py` in the lab's environment holds every
//! answer against the schema that the installed Nova has of it.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::lab;

/// For the judge to be done with a backlog.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was asked and answered.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    /// As the answer's header names it.
    pub version: Option<String>,
    pub request: String,
    pub status: u16,
    pub body: String,
}

impl Exchange {
    /// As the judge reads it; nothing for what is outside the API's versions.
    fn line(&self) -> Option<String> {
        let inside = |prefix: &str| {
            self.path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/')).map(str::to_owned)
        };
        let (path, version) = match (inside("/v2.1"), inside("/v2")) {
            (Some(path), _) => (path, self.version.clone()),
            (None, Some(path)) => (path, Some("2.0".to_owned())),
            (None, None) => return None,
        };
        let line = json!({ "method": self.method, "path": path, "version": version, "request": self.request,
                           "status": self.status, "body": self.body });
        Some(line.to_string() + "\n")
    }
}

/// What was found of one top's answers.
#[derive(Default)]
pub struct Verdicts {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// A poll that sees the same again is judged once.
    seen: HashSet<Exchange>,
    waiting: usize,
    /// Answers that passed a schema, by Nova's route (an action's key behind it) and microversion.
    passed: BTreeMap<(String, String), usize>,
    wrong: Vec<String>,
}

impl Verdicts {
    /// Has an answer judged, in the background.
    pub fn submit(self: &Arc<Self>, exchange: Exchange) {
        let Some(line) = exchange.line() else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.seen.insert(exchange.clone()) {
            state.waiting += 1;
            drop(state);
            let bench = BENCH.lock().unwrap_or_else(PoisonError::into_inner);
            // Where the judge is gone, the answer stays unjudged, and that is an error in the end.
            let _ = bench.send((exchange, line, self.clone()));
        }
    }

    fn settle(&self, exchange: &Exchange, verdict: &Value) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |key: &str| verdict[key].as_str().map(str::to_owned);
        let version = exchange.version.clone().unwrap_or_default();
        match (text("wrong"), text("route")) {
            (Some(wrong), _) => state.wrong.push(format!(
                "{} {} at {version:?}: {}: {wrong}\n    {}",
                exchange.method, exchange.path, exchange.status, exchange.body
            )),
            (None, Some(route)) if verdict["kind"] == "schema" => {
                *state.passed.entry((route, version)).or_default() += 1
            }
            (None, _) => {}
        }
        state.waiting -= 1;
        self.changed.notify_all();
    }

    /// Waits until all is judged; what passed a schema how often, and what was wrong.
    pub fn all(&self) -> (BTreeMap<(String, String), usize>, Vec<String>) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(state, PATIENCE, |state| state.waiting > 0);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let unjudged = (state.waiting > 0).then(|| format!("{} answers were never judged", state.waiting));
        (state.passed.clone(), state.wrong.iter().cloned().chain(unjudged).collect())
    }
}

type Case = (Exchange, String, Arc<Verdicts>);
static BENCH: LazyLock<Mutex<Sender<Case>>> = LazyLock::new(|| {
    let (sender, receiver) = channel();
    std::thread::spawn(move || sit(&receiver));
    Mutex::new(sender)
});

/// One process judges the whole run: it takes seconds to start.
fn sit(cases: &Receiver<Case>) {
    let script = lab::repo().join("tools/lab_parts/inside/nova_judge.py");
    let mut command = Command::new(format!("{}/bin/python", lab::fact("/venv")));
    let process = command.args(["-W", "ignore"]).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut process = process.expect("the lab's Python");
    let (input, output) = (process.stdin.take().expect("a pipe"), process.stdout.take().expect("a pipe"));
    let (mut input, mut output) = (input, BufReader::new(output));
    for (exchange, line, verdicts) in cases {
        let verdict = ask(&mut input, &mut output, &line)
            .unwrap_or_else(|error| json!({ "wrong": format!("could not be judged: {error}") }));
        verdicts.settle(&exchange, &verdict);
    }
    drop(input);
    let _ = process.wait();
}

fn ask(input: &mut ChildStdin, output: &mut BufReader<ChildStdout>, line: &str) -> std::io::Result<Value> {
    input.write_all(line.as_bytes())?;
    let mut answer = String::new();
    output.read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}
