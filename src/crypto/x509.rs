//! Certificates: which of them Nova takes, their fingerprints, and the ones it makes for `WinRM`.

use std::error::Error;
use std::time::Duration;

use der::asn1::{Any, ObjectIdentifier, SetOfVec, Utf8StringRef};
use der::{Decode, Encode, EncodePem};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use rsa::PrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::LineEnding;
use rsa::sha2::Sha256;
use rsa::signature::Keypair;
use sha1::{Digest, Sha1};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder, Result as Built};
use x509_cert::ext::pkix::name::{GeneralName, OtherName};
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::Validity;
use x509_cert::{Certificate, TbsCertificate};

use super::colons;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
/// Microsoft's name of a user.
const PRINCIPAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3");

const VALID: Duration = Duration::from_hours(3_650 * 24);

/// SHA-1 of the first certificate in the text, in colons.
pub(super) fn fingerprint(text: &str) -> Result<String, String> {
    Ok(colons(&Sha1::digest(read(text)?)))
}

/// The first certificate in the text; else why there is none, in pyca's words, which Nova passes on.
pub(super) fn read(text: &str) -> Result<Vec<u8>, String> {
    let unloadable = |error: pem::PemError| {
        let more = "See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for more details.";
        let error = match error {
            pem::PemError::InvalidData(error) => format!("InvalidData({error})"),
            error => format!("{error:?}"),
        };
        format!("Unable to load PEM file. {more} {error}")
    };
    let sections = pem::parse_many(text).map_err(unloadable)?;
    if sections.is_empty() {
        return Err(unloadable(pem::PemError::MalformedFraming));
    }
    let found = sections.into_iter().find(|section| ["CERTIFICATE", "X509 CERTIFICATE"].contains(&section.tag()));
    let none = "Valid PEM but no BEGIN CERTIFICATE/END CERTIFICATE delimiters. Are you sure this is a certificate?";
    let bytes = found.ok_or(none)?.into_contents();
    Certificate::from_der(&bytes).map_err(|error| format!("error parsing asn1 value: {error}"))?;
    Ok(bytes)
}

/// A certificate as text.
pub(super) fn pem(certificate: &Certificate) -> der::Result<String> {
    certificate.to_pem(LineEnding::LF)
}

/// A certificate that a user signs for themselves, with which they may log in as `<user id>@localhost`.
pub(super) fn for_user(key: &PrivateKey, user_id: &str) -> Result<Certificate, Box<dyn Error + Send + Sync>> {
    let signer = SigningKey::<Sha256>::new(key.clone());
    let public_key = SubjectPublicKeyInfoOwned::from_key(&signer.verifying_key())?;
    let serial = SerialNumber::generate(&mut UnwrapErr(SysRng));
    let profile = User { name: common_name(user_id)?, principal: format!("{user_id}@localhost") };
    let builder = CertificateBuilder::new(profile, serial, Validity::from_now(VALID)?, public_key)?;
    Ok(builder.build::<_, rsa::pkcs1v15::Signature>(&signer)?)
}

fn common_name(text: &str) -> der::Result<Name> {
    let value = Any::from(Utf8StringRef::new(text)?);
    let part = SetOfVec::try_from(vec![AttributeTypeAndValue { oid: COMMON_NAME, value }])?;
    let parts = RdnSequence::from(vec![RelativeDistinguishedName::from(part)]);
    Name::from_der(&parts.to_der()?)
}

/// What a user's certificate says.
struct User {
    name: Name,
    principal: String,
}

impl BuilderProfile for User {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.name.clone()
    }

    fn build_extensions(
        &self,
        own: SubjectPublicKeyInfoRef<'_>,
        _issuer: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> Built<Vec<Extension>> {
        let value = Any::from(Utf8StringRef::new(&self.principal)?);
        let principal = GeneralName::OtherName(OtherName { type_id: PRINCIPAL, value });
        Ok(vec![
            ExtendedKeyUsage(vec![CLIENT_AUTH]).to_extension(tbs.subject(), &[])?,
            SubjectAltName(vec![principal]).to_extension(tbs.subject(), &[])?,
            SubjectKeyIdentifier::try_from(own)?.to_extension(tbs.subject(), &[])?,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl req -x509`; its fingerprint by Nova's own code, as what is said of the others.
    const EC: &str = "-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUWZm+aTEN3rGqm9xaWhPm7H3q+ywwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCZWMwHhcNMjYxMTI1MDMzMjE3WhcNMjcxMTI1MDMzMjE3WjAN
MQswCQYDVQQDDAJlYzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKawBazmvD+9
dcTawi6W4PexzObuF7JtV9LcMazIEWanjBKoZ/JUFzyYudCI/BZSraZGpMpTOf7S
mFXxCx9ochCjUzBRMB0GA1UdDgQWBBTgH/JoDOaJb4VwmtNqe2yZgMo6HzAfBgNV
HSMEGDAWgBTgH/JoDOaJb4VwmtNqe2yZgMo6HzAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIGqUGNI3HmQuMZuaZnx/xe9VOw/1JdjuDTMGLpfjA+tK
AiEAvMXJXA5jW5BCBK28ISjU5bwE2CZx2zktgPeNkTtPT10=
-----END CERTIFICATE-----
";

    #[test]
    fn certificates_have_novas_fingerprints() {
        let known = Ok("32:87:4d:c9:3e:cb:1a:ee:5a:5d:69:f6:bd:ae:5e:ba:45:33:3f:5b".to_owned());
        assert_eq!(fingerprint(EC), known);
        assert_eq!(fingerprint(&format!("hello\n{EC}after")), known);
        assert_eq!(fingerprint(&EC.replace('\n', "\r\n")), known);
        assert_eq!(fingerprint(&EC.replace('\n', "")), known);
        assert_eq!(fingerprint(&EC.replace(" CERT", " X509 CERT")), known);
    }

    #[test]
    fn what_is_none_is_refused_in_novas_words() {
        let refused = |text: &str| fingerprint(text).expect_err("refused");
        let unloadable = "Unable to load PEM file. See https://cryptography.io/en/latest/faq/\
                          #why-can-t-i-import-my-pem-file for more details. ";
        assert_eq!(refused(""), format!("{unloadable}MalformedFraming"));
        assert_eq!(refused("bad"), format!("{unloadable}MalformedFraming"));
        assert_eq!(refused(&EC[..300]), format!("{unloadable}MalformedFraming"));
        let symbol = refused(&EC.replacen("MII", "!!!", 1));
        assert_eq!(symbol, format!("{unloadable}InvalidData(Invalid symbol 33, offset 0.)"));
        let other = refused(&EC.replace("END CERT", "END X CERT"));
        assert_eq!(other, format!("{unloadable}MismatchedTags(\"CERTIFICATE\", \"X CERTIFICATE\")"));
        let none = "Valid PEM but no BEGIN CERTIFICATE/END CERTIFICATE delimiters. Are you sure this is a certificate?";
        assert_eq!(refused(&EC.replace(" CERT", " TRUSTED CERT")), none);
        let lines: Vec<&str> = EC.lines().collect();
        for body in ["", lines[1], "MAA="] {
            let short = [lines[0], body, lines[9], ""].join("\n");
            assert!(refused(&short).starts_with("error parsing asn1 value: "), "{short}");
        }
    }
}
