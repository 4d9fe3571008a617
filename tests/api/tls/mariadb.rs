//! A MariaDB of a test's own, with TLS.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Authority;
use crate::support::DEADLINE;

/// Every user's.
pub const PASSWORD: &str = "secret";

/// `top` may connect in any way, `known` by TLS with a certificate that the CA has issued.
const INIT: &str = "\
CREATE OR REPLACE USER 'top'@'%' IDENTIFIED BY 'secret';
GRANT ALL ON *.* TO 'top'@'%';
CREATE OR REPLACE USER 'known'@'%' IDENTIFIED BY 'secret' REQUIRE X509;
GRANT ALL ON *.* TO 'known'@'%';
CREATE DATABASE IF NOT EXISTS top;
";

/// Ends with this value.
pub struct MariaDb {
    server: Option<Child>,
    folder: TempDir,
    pub port: u16,
}

impl MariaDb {
    /// With a certificate for `localhost`, and these further options.
    pub fn start(authority: &Authority, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certfile, keyfile) = authority.issue_files("localhost");
        let file = |name: &str, path: &Path| {
            fs::copy(path, folder.path().join(name)).expect("copied");
        };
        file("ca.pem", &authority.cafile());
        file("cert.pem", &certfile);
        file("key.pem", &keyfile);
        fs::write(folder.path().join("init.sql"), INIT).expect("written");
        let install = program("mariadb-install-db", folder.path())
            .args(["--skip-test-db", "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M"])
            .output()
            .expect("mariadb-install-db of the package mariadb-server");
        assert!(install.status.success(), "{install:?}");
        let mut mariadb = Self { server: None, folder, port: 0 };
        mariadb.run(options);
        mariadb
    }

    /// Starts it again with other options.
    pub fn restart(&mut self, options: &[&str]) {
        self.stop();
        self.run(options);
    }

    fn run(&mut self, options: &[&str]) {
        // Outside the range that the kernel takes for those who name no port: nobody has it when the server comes up.
        let is_free = |port: &u16| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
        let ports = std::iter::repeat_with(|| {
            10_000 + u16::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..2].try_into().expect("two")) % 10_000
        });
        self.port = ports.take(1_000).find(is_free).expect("a port");
        let folder = self.folder.path();
        let option = |name: &str, file: &str| format!("--{name}={}", folder.join(file).display());
        let mut server = program("mariadbd", folder)
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--performance-schema=off"])
            .args(["--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0"])
            .arg(format!("--port={}", self.port))
            .args([option("socket", "s"), option("pid-file", "pid"), option("init-file", "init.sql")])
            .args([option("ssl-ca", "ca.pem"), option("ssl-cert", "cert.pem"), option("ssl-key", "key.pem")])
            .args(options)
            .spawn()
            .expect("mariadbd");
        let begun = Instant::now();
        while std::net::TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).is_err() {
            let ended = server.try_wait().expect("a child");
            let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(ended.is_none() && begun.elapsed() < DEADLINE, "mariadbd does not listen: {ended:?}\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        self.server = Some(server);
    }

    fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One of the package's programs over the folder's data; reads no configuration of the machine.
fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(name);
    let log = fs::File::options().create(true).append(true).open(folder.join("log")).expect("a log");
    command
        .env("PATH", format!("{}:/usr/sbin:/usr/bin", std::env::var("PATH").unwrap_or_default()))
        .arg("--no-defaults")
        .arg(format!("--datadir={}", folder.join("data").display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    // It refuses to run as root unless that is said.
    if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        command.arg("--user=root");
    }
    command
}
