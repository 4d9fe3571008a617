//! Plain HTTP, for what the clients hide: status, headers, documents, time.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::lab;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("a runtime")
});
static CLIENT: LazyLock<reqwest::Client> =
    LazyLock::new(|| reqwest::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build().expect("a client"));

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// From the first byte of the request to the last of the answer.
    pub took: Duration,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in the answer {}: {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// The name and message of the fault; empty where the body is none.
    pub fn fault(&self) -> (String, String) {
        let document: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let entry = document.as_object().and_then(|object| object.iter().next());
        let read =
            |(name, fault): (&String, &Value)| (name.clone(), fault["message"].as_str().unwrap_or_default().to_owned());
        entry.map(read).unwrap_or_default()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Ask {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Ask {
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: None }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("x-auth-token", token)
    }

    pub fn version(self, version: &str) -> Self {
        self.header("openstack-api-version", &format!("compute {version}"))
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it; an error where no whole answer came.
    pub fn try_send(self) -> Result<Answer, String> {
        let method = self.method.parse().expect("a method");
        let mut request = CLIENT.request(method, &self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let begun = Instant::now();
        RUNTIME.block_on(async {
            let response = request.send().await.map_err(|e| format!("{} {}: {e}", self.method, self.url))?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = response.text().await.map_err(|e| e.to_string())?;
            Ok(Answer { status, headers, text, took: begun.elapsed() })
        })
    }

    #[track_caller]
    pub fn send(self) -> Answer {
        self.try_send().unwrap_or_else(|e| panic!("{e}"))
    }
}

/// A token of one of the lab's users.
#[track_caller]
pub fn token(user: &str) -> String {
    let (password, project) =
        (lab::fact(&format!("/users/{user}/password")), lab::fact(&format!("/users/{user}/project")));
    let domain = json!({ "id": "default" });
    let body = json!({ "auth": {
        "identity": { "methods": ["password"],
                      "password": { "user": { "name": user, "domain": domain, "password": password } } },
        "scope": { "project": { "name": project, "domain": domain } } } });
    let answer = Ask::new("POST", format!("{}/auth/tokens", lab::fact("/keystone_url"))).json(&body).send().expect(201);
    answer.header("x-subject-token")
}
