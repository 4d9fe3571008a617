//! Connections to `MariaDB`: the password and the certificates of the moment, and TLS with a verified server or none.
//!
//! `mysql_async` sets up TLS itself. It gets the certificates as bytes; what it does not let us say, the oldest version
//! and the kind of the private key, is in the process's provider (`tls::provider`).

use std::sync::Arc;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncMysqlConnection;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use mysql_async::{ClientIdentity, Conn, Opts, OptsBuilder, SslOpts};
use pem::Pem;
use secrecy::ExposeSecret;

use super::{DbError, DbResult};
use crate::config;
use crate::files;
use crate::tls::{self, Renewed, TlsError, material, provider};

const TLS: &str = "database.tls";

/// What is needed to connect.
struct Server {
    settings: config::Database,
    opts: Opts,
    tls: Option<Renewed<SslOpts>>,
}

/// Makes connections for a pool.
///
/// # Errors
/// [`DbError::Setup`] names the setting, or the file, that cannot be used.
pub(super) fn manager(settings: &config::Database) -> DbResult<AsyncDieselConnectionManager<AsyncMysqlConnection>> {
    let server = Arc::new(Server::new(settings).map_err(DbError::Setup)?);
    let mut manager = ManagerConfig::default();
    manager.custom_setup = Box::new(move |_| {
        let server = server.clone();
        Box::pin(async move { server.connect().await.map_err(ConnectionError::BadConnection)? })
    });
    // The URL stays with us: it may have the password in it.
    Ok(AsyncDieselConnectionManager::new_with_config("", manager))
}

impl Server {
    fn new(settings: &config::Database) -> Result<Self, String> {
        // What its parser says may repeat parts of it.
        let opts = Opts::from_url(settings.url.expose_secret());
        let opts = opts.map_err(|_| "database.url must be mysql://user:password@host:port/name")?;
        let unverified = |tls: &SslOpts| tls.accept_invalid_certs() || tls.skip_domain_validation();
        if opts.ssl_opts().is_some_and(unverified) {
            return Err(
                "database.url: the server is always verified; leave out verify_ca and verify_identity, and set \
                        database.tls.cafile to what signed its certificate"
                    .into(),
            );
        }
        let tls = settings.wants_tls().then(|| tls(&settings.tls)).transpose()?;
        let server = Self { settings: settings.clone(), opts, tls };
        server.password()?;
        Ok(server)
    }

    /// That of the file; none where it is in the URL.
    fn password(&self) -> Result<Option<String>, String> {
        let Some(path) = &self.settings.password_file else { return Ok(None) };
        let password = files::secret("database.password_file", path).map_err(|e| e.to_string())?;
        Ok(Some(password.expose_secret().to_owned()))
    }

    async fn connect(&self) -> Result<ConnectionResult<AsyncMysqlConnection>, String> {
        // Diesel counts rows that an UPDATE found, and has a cache of statements of its own.
        let mut opts = OptsBuilder::from_opts(self.opts.clone()).client_found_rows(true).stmt_cache_size(0);
        if let Some(password) = self.password()? {
            opts = opts.pass(Some(password));
        }
        if let Some(tls) = &self.tls {
            // A connection by the server's socket would be without TLS.
            opts = opts.ssl_opts(tls.get()).prefer_socket(false);
        }
        let conn = Conn::new(opts).await.map_err(|e| tls::refusal(TLS, &e).unwrap_or_else(|| e.to_string()))?;
        Ok(AsyncMysqlConnection::try_from(conn).await)
    }
}

fn tls(settings: &config::Tls) -> Result<Renewed<SslOpts>, String> {
    provider::install_for_the_database(settings.min_version)?;
    let files = [&settings.cafile, &settings.certfile, &settings.keyfile].into_iter().flatten().cloned().collect();
    let settings = settings.clone();
    Renewed::new(files, move || read(&settings)).map_err(|e| e.to_string())
}

fn read(settings: &config::Tls) -> Result<SslOpts, TlsError> {
    let trusted = material::trusted(TLS, settings)?.iter().map(|certificate| certificate.to_vec().into()).collect();
    let identity = material::own(TLS, settings)?.map(|own| {
        let chain: Vec<Pem> =
            own.chain.iter().map(|certificate| Pem::new("CERTIFICATE", certificate.to_vec())).collect();
        ClientIdentity::new(pem::encode_many(&chain).into_bytes().into(), own.key.secret_der().to_vec().into())
    });
    let tls = SslOpts::default().with_disable_built_in_roots(true).with_root_certs(trusted);
    Ok(tls.with_client_identity(identity))
}
