//! New pairs, as Nova makes them to 2.91 (`generate_key_pair` and `generate_winrm_x509_cert` of nova/crypto.py).

use std::error::Error;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use getrandom::SysRng;
use rsa::PrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::traits::PublicKeyParts;
use secrecy::SecretString;

use super::{Kind, pkcs12, x509};

const BITS: usize = 2048;

/// A new pair.
#[derive(Debug)]
pub struct Generated {
    /// PEM of an RSA key; of a certificate, PKCS#12 in base64. Shown once, and nowhere kept.
    pub private_key: SecretString,
    /// As it is imported.
    pub public_key: String,
}

/// Makes a pair for a user. Takes a good part of a second of one core.
///
/// # Errors
/// The operating system gives no random numbers, or the user's id fits into no certificate.
pub fn generate(kind: Kind, user_id: &str) -> Result<Generated, Box<dyn Error + Send + Sync>> {
    let key = PrivateKey::new(&mut SysRng, BITS)?;
    match kind {
        Kind::Ssh => {
            let private_key = key.to_pkcs1_pem(LineEnding::LF)?.as_str().into();
            Ok(Generated { private_key, public_key: ssh_line(&key) })
        }
        Kind::X509 => {
            let certificate = x509::for_user(&key, user_id)?;
            let archive = pkcs12::archive(key.to_pkcs8_der()?.as_bytes(), &certificate)?;
            let private_key = STANDARD.encode(archive).into();
            Ok(Generated { private_key, public_key: x509::pem(&certificate)? })
        }
    }
}

/// The public key, with the comment that Nova gives it.
fn ssh_line(key: &PrivateKey) -> String {
    let mut blob = Vec::new();
    // Numbers are signed: one whose first bit is set begins with a zero (RFC 4251, 5).
    let number = |bytes: &[u8]| {
        let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        let sign: &[u8] = if bytes.first().is_some_and(|first| *first > 0x7f) { &[0] } else { &[] };
        [sign, bytes].concat()
    };
    for part in [b"ssh-rsa".to_vec(), number(&key.e_bytes()), number(&key.n_bytes())] {
        blob.extend_from_slice(&u32::try_from(part.len()).unwrap_or(0).to_be_bytes());
        blob.extend_from_slice(&part);
    }
    format!("ssh-rsa {} Generated-by-Nova", STANDARD.encode(blob))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::lenient;
    use der::Decode;
    use rsa::PublicKey;
    use rsa::pkcs1::DecodeRsaPrivateKey;
    use secrecy::ExposeSecret;

    #[test]
    fn an_ssh_pair_is_one_pair() {
        let made = generate(Kind::Ssh, "u").expect("a pair");
        let pem = made.private_key.expose_secret();
        assert!(
            pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n") && pem.ends_with("-----END RSA PRIVATE KEY-----\n")
        );
        let key = PrivateKey::from_pkcs1_pem(pem).expect("a private key");
        assert_eq!(PublicKey::from(&key).n().bit_width(), 2048);
        assert_eq!(ssh_line(&key), made.public_key);
        assert!(Kind::Ssh.fingerprint(&made.public_key).is_ok_and(|text| text.len() == 47));
        assert!(Kind::X509.fingerprint(&made.public_key).is_err());
    }

    #[test]
    fn a_certificate_is_the_users() {
        let made = generate(Kind::X509, "2f3e").expect("a pair");
        assert!(Kind::X509.fingerprint(&made.public_key).is_ok_and(|text| text.len() == 59));
        let certificate = x509::read(&made.public_key).expect("a certificate");
        let certificate = x509_cert::Certificate::from_der(&certificate).expect("a certificate");
        let tbs = certificate.tbs_certificate();
        assert_eq!((tbs.subject().to_string(), tbs.issuer().to_string()), ("CN=2f3e".into(), "CN=2f3e".into()));
        let names: Option<(bool, x509_cert::ext::pkix::SubjectAltName)> = tbs.get_extension().expect("extensions");
        assert!(format!("{names:?}").contains("1.3.6.1.4.1.311.20.2.3"), "{names:?}");
        // The archive is opened in `pkcs12`'s own test.
        assert!(lenient::decode(made.private_key.expose_secret()).is_some_and(|archive| archive.len() > 2_000));
    }
}
