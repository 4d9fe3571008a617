//! MariaDB with TLS. It is chosen while the connection is set up, so no gate can stand before a server without it.

use std::process::{Command, Output};
use std::sync::Arc;

use nova_cascade::config::{self, Tls};
use nova_cascade::db::{self, Db, regions};
use url::Url;

use super::Authority;
use super::mariadb::{MariaDb, PASSWORD};
use crate::support::{Database, World};

/// Named as the tests that need MariaDB: one run leaves them out, the other runs them alone.
mod mysql {
    use crate::support::{Backend, run};

    #[test]
    fn the_databases_password_changes() {
        run(Backend::Mysql, super::the_databases_password_changes);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_database_is_verified() {
        super::a_database_is_verified().await;
    }
}

async fn the_databases_password_changes(database: Arc<Database>) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let write = |password: &str| std::fs::write(file.path(), format!("{password}\n")).expect("written");
    let mut url = Url::parse(database.url()).expect("a URL");
    let user = url.path().trim_start_matches('/').to_owned();
    database.execute(&format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'first'")).await;
    database.execute(&format!("GRANT ALL ON {user}.* TO '{user}'@'%'")).await;
    write("first");
    url.set_username(&user).expect("a user");
    url.set_password(None).expect("no password");
    let world = World::with(&database, |config| {
        config.database.url = url.to_string().into();
        config.database.password_file = Some(file.path().into());
    })
    .await;
    let id = world.boot("RegionOne", "before").await;
    write("second");
    database.execute(&format!("ALTER USER '{user}'@'%' IDENTIFIED BY 'second'")).await;
    database.execute(&format!("KILL CONNECTION USER '{user}'")).await;
    world.synced().await;
    world.boot("RegionTwo", "after").await;
    assert_eq!(world.show(&id).await["name"], "before");
    world.top.stop().await;
    database.execute(&format!("DROP USER '{user}'@'%'")).await;
}

/// User, host in the URL, TLS or none, and what the error says if there is one.
type Case<'a> = (&'a str, &'a str, Option<Tls>, Option<&'a str>);

async fn a_database_is_verified() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let mut mariadb = MariaDb::start(&ours, &[]);
    let untrusted = Tls { cafile: Some(other.cafile()), ..Tls::default() };
    let strange = {
        let (certfile, keyfile) = other.issue_files("client");
        Tls { certfile: Some(certfile), keyfile: Some(keyfile), ..ours.trusted() }
    };
    let cases: [Case<'_>; 8] = [
        ("top", "localhost", Some(ours.trusted()), None),
        ("top", "localhost", None, None),
        ("top", "localhost", Some(untrusted), Some("see database.tls.cafile")),
        ("top", "localhost", Some(Tls::default()), Some("see database.tls.cafile")),
        ("top", "127.0.0.1", Some(ours.trusted()), Some("is for another name")),
        ("known", "localhost", Some(ours.trusted_with_client()), None),
        ("known", "localhost", Some(ours.trusted()), Some("Access denied")),
        ("known", "localhost", Some(strange), Some("database.tls.certfile")),
    ];
    for (user, host, tls, refused) in cases {
        let what = format!("{user} at {host} with {tls:?}");
        match (refused, connect(&settings(user, host, mariadb.port, tls)).await) {
            (None, result) => assert_eq!(result, Ok(()), "{what}"),
            (Some(reason), Err(said)) => assert!(said.contains(reason) && !said.contains(PASSWORD), "{what}: {said}"),
            (Some(_), Ok(())) => panic!("{what}: was not refused"),
        }
    }
    // The oldest version holds for a process.
    let said = migrate(&ours, mariadb.port).await;
    assert!(said.status.success(), "{said:?}");
    mariadb.restart(&["--tls-version=TLSv1.2"]);
    let said = migrate(&ours, mariadb.port).await;
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(!said.status.success() && text.contains("see database.tls.min_version"), "{text}");
    assert_eq!(connect(&settings("top", "localhost", mariadb.port, Some(ours.trusted()))).await, Ok(()));
}

fn url(user: &str, host: &str, port: u16) -> String {
    format!("mysql://{user}:{PASSWORD}@{host}:{port}/top")
}

fn settings(user: &str, host: &str, port: u16, tls: Option<Tls>) -> config::Database {
    config::Database {
        url: url(user, host, port).into(),
        require_tls: tls.is_some(),
        tls: tls.unwrap_or_default(),
        acquire_timeout_ms: 30_000,
        ..config::Database::default()
    }
}

async fn connect(settings: &config::Database) -> Result<(), String> {
    let db = Db::open(settings).map_err(|error| error.to_string())?;
    db::migrate(&db).await.map_err(|error| error.to_string())?;
    regions::all(&db).await.map(drop).map_err(|error| error.to_string())
}

/// As a process that demands TLS 1.3.
async fn migrate(authority: &Authority, port: u16) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nova-cascade"));
    command
        .env_remove("CASCADE_CONFIG")
        .env("CASCADE__DATABASE__URL", url("top", "localhost", port))
        .env("CASCADE__DATABASE__REQUIRE_TLS", "true")
        .env("CASCADE__DATABASE__ACQUIRE_TIMEOUT_MS", "30000")
        .env("CASCADE__DATABASE__TLS__CAFILE", authority.cafile())
        .env("CASCADE__DATABASE__TLS__MIN_VERSION", "1.3")
        .args(["db", "migrate"]);
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    output.expect("a task").expect("a command")
}
