//! A private key and its certificate in one archive (PKCS#12, RFC 7292), under the empty password: what `openssl pkcs12
//! -export` makes, and Nova with it.

use std::error::Error;

use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, ValueOrd};
use getrandom::SysRng;
use hmac::{Hmac, KeyInit, Mac};
use rsa::pkcs8::pkcs5::{EncryptionScheme, pbes2};
use rsa::pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rsa::rand_core::TryRng;
use rsa::sha2::{Digest, Sha256};
use sha1::Sha1;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const SHROUDED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// OpenSSL's; more would protect nothing, since everyone knows the password.
const ROUNDS: u16 = 2_048;
const PASSWORD: &[u8] = b"";

#[derive(Sequence)]
struct Pfx {
    version: u8,
    content: ContentInfo,
    mac: MacData,
}

#[derive(Sequence)]
struct ContentInfo {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: Any,
}

#[derive(Sequence)]
struct MacData {
    mac: DigestInfo,
    salt: OctetString,
    rounds: u16,
}

#[derive(Sequence)]
struct DigestInfo {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Sequence)]
struct EncryptedData {
    version: u8,
    content: EncryptedContent,
}

#[derive(Sequence)]
struct EncryptedContent {
    kind: ObjectIdentifier,
    algorithm: Any,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    content: OctetString,
}

#[derive(Sequence, ValueOrd)]
struct SafeBag {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: Any,
    attributes: SetOfVec<Attribute>,
}

#[derive(Sequence)]
struct CertificateBag {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    certificate: OctetString,
}

type Made<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The archive of a PKCS#8 key and its certificate.
pub(super) fn archive(key: &[u8], certificate: &Certificate) -> Made<Vec<u8>> {
    let certificate = certificate.to_der()?;
    let key_id = Sha1::digest(&certificate);
    let bag = CertificateBag { kind: X509_CERTIFICATE, certificate: OctetString::new(certificate)? };
    let certificates = vec![SafeBag::new(CERTIFICATE_BAG, &bag, &key_id)?];
    let scheme = scheme()?;
    let hidden = EncryptedContent {
        kind: DATA,
        algorithm: any(&scheme)?,
        content: OctetString::new(scheme.encrypt(PASSWORD, &certificates.to_der()?)?)?,
    };
    let certificates = ContentInfo::new(ENCRYPTED_DATA, &EncryptedData { version: 0, content: hidden })?;
    let shrouded = PrivateKeyInfoRef::from_der(key)?.encrypt_with_params(self::parameters()?, PASSWORD)?;
    let shrouded = EncryptedPrivateKeyInfoRef::from_der(shrouded.as_bytes())?;
    let keys = vec![SafeBag::new(SHROUDED_KEY_BAG, &shrouded, &key_id)?];
    let keys = ContentInfo::new(DATA, &OctetString::new(keys.to_der()?)?)?;
    let safe = vec![certificates, keys].to_der()?;
    let pfx = Pfx { version: 3, mac: MacData::of(&safe)?, content: ContentInfo::new(DATA, &OctetString::new(safe)?)? };
    Ok(pfx.to_der()?)
}

impl ContentInfo {
    fn new(kind: ObjectIdentifier, content: &impl Encode) -> Made<Self> {
        Ok(Self { kind, content: any(content)? })
    }
}

impl SafeBag {
    /// `key_id` tells which key a certificate belongs to.
    fn new(kind: ObjectIdentifier, value: &impl Encode, key_id: &[u8]) -> Made<Self> {
        let values = SetOfVec::try_from(vec![any(&OctetString::new(key_id)?)?])?;
        let attributes = SetOfVec::try_from(vec![Attribute { oid: LOCAL_KEY_ID, values }])?;
        Ok(Self { kind, value: any(value)?, attributes })
    }
}

impl MacData {
    fn of(safe: &[u8]) -> Made<Self> {
        let salt: [u8; 8] = random()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&mac_key(salt))?;
        mac.update(safe);
        let algorithm = AlgorithmIdentifierOwned { oid: SHA_256, parameters: Some(Any::null()) };
        let digest = OctetString::new(mac.finalize().into_bytes().to_vec())?;
        Ok(Self { mac: DigestInfo { algorithm, digest }, salt: OctetString::new(salt)?, rounds: ROUNDS })
    }
}

/// The key of the MAC (RFC 7292, B.2): as long as the hash, so that one block is enough. The empty password is two
/// zero bytes there.
fn mac_key(salt: [u8; 8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let purpose = [3u8; BLOCK];
    let password = [0u8; BLOCK];
    let first = Sha256::digest([&purpose[..], &salt.repeat(BLOCK / salt.len()), &password].concat());
    (1..ROUNDS).fold(first, |hash, _| Sha256::digest(hash)).to_vec()
}

fn parameters() -> Made<pbes2::Parameters> {
    let (salt, iv): ([u8; 16], [u8; 16]) = (random()?, random()?);
    Ok(pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS.into(), &salt, iv)?)
}

fn scheme() -> Made<EncryptionScheme> {
    Ok(EncryptionScheme::Pbes2(parameters()?))
}

fn random<const N: usize>() -> Made<[u8; N]> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

fn any(value: &impl Encode) -> Made<Any> {
    Ok(Any::from_der(&value.to_der()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::x509;
    use rsa::PrivateKey;
    use rsa::pkcs8::EncodePrivateKey as _;

    /// Of an archive that `openssl pkcs12 -export -password pass:` made, and whose MAC it is the key of.
    #[test]
    fn the_key_of_the_mac_is_openssls() {
        let salt = [0xd8, 0x63, 0x09, 0x14, 0xc1, 0xe7, 0xde, 0x42];
        let key = crate::crypto::colons(&mac_key(salt)).replace(':', "");
        assert_eq!(key, "db7b2aaf2a16606f8949f7364bfe413f2dd8448cd409b1dd69e94dcb42e7a731");
    }

    #[test]
    fn an_archive_opens_again() {
        let key = PrivateKey::new(&mut SysRng, 1_024).expect("a key");
        let certificate = x509::for_user(&key, "u").expect("a certificate");
        let document = key.to_pkcs8_der().expect("PKCS#8");
        let archive = archive(document.as_bytes(), &certificate).expect("an archive");
        let pfx = Pfx::from_der(&archive).expect("an archive");
        let octets = |content: &Any| content.decode_as::<OctetString>().expect("octets").into_bytes();
        let parts = Vec::<ContentInfo>::from_der(&octets(&pfx.content.content)).expect("two parts");
        assert_eq!((parts[0].kind, parts[1].kind), (ENCRYPTED_DATA, DATA));
        let hidden: EncryptedData = parts[0].content.decode_as().expect("encrypted data");
        let scheme: EncryptionScheme = hidden.content.algorithm.decode_as().expect("a scheme");
        let bags = scheme.decrypt(PASSWORD, hidden.content.content.as_bytes()).expect("decrypted");
        let bags = Vec::<SafeBag>::from_der(&bags).expect("bags");
        let bag: CertificateBag = bags[0].value.decode_as().expect("a certificate");
        assert_eq!(bag.certificate.as_bytes(), certificate.to_der().expect("DER"));
        let keys = Vec::<SafeBag>::from_der(&octets(&parts[1].content)).expect("bags");
        let shrouded = keys[0].value.to_der().expect("DER");
        let shrouded = EncryptedPrivateKeyInfoRef::from_der(&shrouded).expect("a key");
        assert_eq!(shrouded.decrypt(PASSWORD).expect("decrypted").as_bytes(), document.as_bytes());
        assert_eq!(keys[0].attributes, bags[0].attributes);
    }
}
