//! A CA that issues certificates, and the files that settings name.

use std::fs;
use std::path::PathBuf;

use nova_cascade::config::Tls;
use pem::Pem;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;

/// A CA with a folder for its files.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate with its key.
pub struct Issued {
    pub certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Issued {
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone().into())
    }
}

impl Authority {
    /// With a key and name of its own, and its certificate in a file.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA");
        let authority = Self { issuer, folder: tempfile::tempdir().expect("a folder") };
        fs::write(authority.cafile(), certificate_pem(authority.issuer.der())).expect("written");
        authority
    }

    /// A certificate for this DNS name.
    pub fn issue(&self, name: &str) -> Issued {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        // MariaDB wants a client's certificate to have a subject other than its issuer's.
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Issued { certificate: certificate.der().clone(), key: key.serialize_der() }
    }

    /// The file with its own certificate.
    pub fn cafile(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Issues a certificate into files: that of the certificate, that of its key.
    pub fn issue_files(&self, name: &str) -> (PathBuf, PathBuf) {
        let issued = self.issue(name);
        let files =
            (self.folder.path().join(format!("{name}.pem")), self.folder.path().join(format!("{name}-key.pem")));
        fs::write(&files.0, certificate_pem(&issued.certificate)).expect("written");
        fs::write(&files.1, pem::encode(&Pem::new("PRIVATE KEY", issued.key))).expect("written");
        files
    }

    /// Settings that trust it alone.
    pub fn trusted(&self) -> Tls {
        Tls { cafile: Some(self.cafile()), ..Tls::default() }
    }

    /// The same, with a client certificate of it.
    pub fn trusted_with_client(&self) -> Tls {
        let (certfile, keyfile) = self.issue_files("client");
        Tls { certfile: Some(certfile), keyfile: Some(keyfile), ..self.trusted() }
    }

    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("a CA");
        roots
    }
}

fn certificate_pem(certificate: &CertificateDer<'_>) -> String {
    pem::encode(&Pem::new("CERTIFICATE", certificate.to_vec()))
}
