//! A database of a test's own.

use diesel::QueryResult;
use diesel::sql_types::Text;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection};
use nova_cascade::config;
use nova_cascade::db::Db;
use tokio::time::Instant;

use super::DEADLINE;

/// A connection of the test's own to a SQLite file.
type AsyncSqlite = SyncConnectionWrapper<diesel::SqliteConnection>;

/// Which kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Mysql,
}

/// One database, empty at first.
pub struct Database {
    backend: Backend,
    /// What `database.url` says.
    url: String,
    /// SQLite: where its file lies.
    directory: tempfile::TempDir,
    /// MariaDB: the URL of the server, and the database's name there.
    server: (String, String),
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    text: String,
}

impl Database {
    /// Makes one.
    pub fn create(backend: Backend) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let name = format!("cascade_{}", uuid::Uuid::new_v4().simple());
        let file = directory.path().join("top.db");
        let (url, server) = match backend {
            Backend::Sqlite => (format!("sqlite://{}", file.display()), String::new()),
            Backend::Mysql => {
                let server = server_url();
                execute(&server, &format!("CREATE DATABASE {name}"));
                (format!("{server}{name}"), server)
            }
        };
        Self { backend, url, directory, server: (server, name) }
    }

    /// Drops it.
    pub fn remove(&self) {
        if self.is_mysql() {
            execute(&self.server.0, &format!("DROP DATABASE {}", self.server.1));
        }
    }

    pub fn is_mysql(&self) -> bool {
        self.backend == Backend::Mysql
    }

    /// What `database.url` says.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The section of the configuration.
    pub fn settings(&self) -> config::Database {
        // Long enough for a machine that is busy.
        let acquire_timeout_ms = 30_000;
        config::Database {
            url: self.url.clone().into(),
            connections_max: 6,
            acquire_timeout_ms,
            ..config::Database::default()
        }
    }

    /// The service's own way to it.
    pub fn open(&self) -> Db {
        let settings = config::Database { connections_max: 2, ..self.settings() };
        Db::open(&settings).expect("a database")
    }

    /// The column `text` of a query.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let query = diesel::sql_query(sql);
        let rows: Vec<Row> = if self.is_mysql() {
            query.load(&mut AsyncMysqlConnection::establish(&self.url).await.expect("a connection")).await
        } else {
            query.load(&mut self.sqlite().await).await
        }
        .expect(sql);
        rows.into_iter().map(|row| row.text).collect()
    }

    /// Runs one statement, again where it lost against the service's.
    pub async fn execute(&self, sql: &str) {
        let deadline = Instant::now() + DEADLINE;
        while let Err(error) = self.once(sql).await {
            let text = error.to_string();
            let lost = ["Deadlock found", "Lock wait timeout", "database is locked"];
            assert!(lost.iter().any(|lost| text.contains(lost)) && Instant::now() < deadline, "{sql}: {text}");
        }
    }

    async fn once(&self, sql: &str) -> QueryResult<()> {
        if self.is_mysql() {
            AsyncMysqlConnection::establish(&self.url).await.expect("a connection").batch_execute(sql).await
        } else {
            self.sqlite().await.batch_execute(sql).await
        }
    }

    async fn sqlite(&self) -> AsyncSqlite {
        let file = self.directory.path().join("top.db");
        let mut conn = AsyncSqlite::establish(file.to_str().expect("a path")).await.expect("a connection");
        conn.batch_execute("PRAGMA busy_timeout=5000").await.expect("a setting");
        conn
    }
}

fn server_url() -> String {
    let url = std::env::var("CASCADE_TEST_MYSQL_URL").unwrap_or_else(|_| {
        panic!(
            "set CASCADE_TEST_MYSQL_URL, or run tools/test which starts MariaDB; for SQLite alone: \
             cargo test --test api -- sqlite"
        )
    });
    if url.ends_with('/') { url } else { format!("{url}/") }
}

/// Runs one statement on the server, outside of any test's runtime.
fn execute(server: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut conn = AsyncMysqlConnection::establish(server).await.expect("MariaDB at CASCADE_TEST_MYSQL_URL");
        conn.batch_execute(sql).await.expect(sql);
    });
}
