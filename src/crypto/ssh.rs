//! OpenSSH public keys: which of them Nova takes (pyca's `load_ssh_public_key`), and their fingerprints.

use md5::{Digest, Md5};

use super::curve::{Curve, P256, P384, P521};
use super::{colons, lenient};

/// Behind the type of a key that comes with a certificate.
const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// Reads what one type of key has behind its name.
type Read = fn(&mut Reader<'_>) -> Option<()>;

const TYPES: [(&str, Read); 8] = [
    ("ssh-rsa", rsa),
    ("ssh-dss", dss),
    ("ssh-ed25519", ed25519),
    ("ecdsa-sha2-nistp256", |reader| ecdsa(reader, &P256)),
    ("ecdsa-sha2-nistp384", |reader| ecdsa(reader, &P384)),
    ("ecdsa-sha2-nistp521", |reader| ecdsa(reader, &P521)),
    ("sk-ssh-ed25519@openssh.com", |reader| ed25519(reader).and_then(|()| application(reader))),
    ("sk-ecdsa-sha2-nistp256@openssh.com", |reader| ecdsa(reader, &P256).and_then(|()| application(reader))),
];

/// MD5 of the key, in colons; none for what is no key.
pub(super) fn fingerprint(text: &str) -> Option<String> {
    let (name, body) = words(text)?;
    check(name, &lenient::decode(body)?)?;
    // Nova takes the second word between single spaces, which two in a row make an empty one.
    Some(colons(&Md5::digest(lenient::decode(text.split(' ').nth(1)?)?)))
}

/// The type and what follows it: `\A(\S+)[ \t]+(\S+)`.
fn words(text: &str) -> Option<(&str, &str)> {
    let is_space = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let (name, rest) = text.split_at(text.find(is_space)?);
    let body = rest.trim_start_matches([' ', '\t']).split(is_space).next()?;
    (!name.is_empty() && !body.is_empty()).then_some((name, body))
}

fn check(name: &str, body: &[u8]) -> Option<()> {
    let plain = name.strip_suffix(CERTIFICATE);
    let (_, read) = TYPES.iter().find(|(known, _)| *known == plain.unwrap_or(name))?;
    let mut reader = Reader(body);
    if reader.string()? != name.as_bytes() {
        return None;
    }
    if plain.is_some() {
        reader.string()?; // nonce
    }
    read(&mut reader)?;
    if plain.is_some() {
        certificate(&mut reader)?;
    }
    reader.end()
}

fn rsa(reader: &mut Reader<'_>) -> Option<()> {
    let (exponent, modulus) = (reader.number()?, reader.number()?);
    let odd = exponent.last()? & 1 == 1;
    (odd && is_less(&[2], exponent) && is_less(exponent, modulus)).then_some(())
}

fn dss(reader: &mut Reader<'_>) -> Option<()> {
    let (p, q, g, _y) = (reader.number()?, reader.number()?, reader.number()?, reader.number()?);
    let known = bits(p)? == 1024 && [160, 224, 256].contains(&bits(q)?);
    (known && is_less(&[1], g) && is_less(g, p)).then_some(())
}

fn ed25519(reader: &mut Reader<'_>) -> Option<()> {
    (reader.string()?.len() == 32).then_some(())
}

fn ecdsa(reader: &mut Reader<'_>, curve: &Curve) -> Option<()> {
    if reader.string()? != curve.name.as_bytes() {
        return None;
    }
    curve.has(reader.string()?)
}

/// What a key of a security key is for.
fn application(reader: &mut Reader<'_>) -> Option<()> {
    reader.string()?.starts_with(b"ssh:").then_some(())
}

/// What a certificate has behind its key (OpenSSH's PROTOCOL.certkeys); its signature is not checked.
fn certificate(reader: &mut Reader<'_>) -> Option<()> {
    reader.take(8 + 4)?; // serial, type
    reader.string()?; // key id
    let mut principals = Reader(reader.string()?);
    while !principals.0.is_empty() {
        principals.string()?;
    }
    reader.take(8 + 8)?; // valid after, valid before
    options(reader.string()?)?;
    options(reader.string()?)?;
    reader.string()?; // reserved
    let key_type = Reader(reader.string()?).string()?;
    let mut signature = Reader(reader.string()?);
    let signature_type = signature.string()?;
    signature.string()?;
    let of_rsa: [&[u8]; 3] = [b"ssh-rsa", b"rsa-sha2-256", b"rsa-sha2-512"];
    let same = key_type == signature_type || (key_type == of_rsa[0] && of_rsa.contains(&signature_type));
    if same { signature.end() } else { None }
}

/// Named values, in order and each once.
fn options(bytes: &[u8]) -> Option<()> {
    let (mut reader, mut last) = (Reader(bytes), None);
    while !reader.0.is_empty() {
        let (name, mut value) = (reader.string()?, Reader(reader.string()?));
        if last.is_some_and(|last| name <= last) {
            return None;
        }
        if !value.0.is_empty() {
            value.string()?;
            value.end()?;
        }
        last = Some(name);
    }
    Some(())
}

/// What is left of a key (RFC 4251, 5).
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_be_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(length).ok()?)
    }

    /// A number of 0 or more, without zeros in front.
    fn number(&mut self) -> Option<&'a [u8]> {
        let bytes = self.string()?;
        if bytes.first().is_some_and(|first| *first > 0x7f) {
            return None;
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(&bytes[zeros..])
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn bits(number: &[u8]) -> Option<usize> {
    let zeros = usize::try_from(number.first()?.leading_zeros()).ok()?;
    Some(number.len() * 8 - zeros)
}

fn is_less(a: &[u8], b: &[u8]) -> bool {
    (a.len(), a) < (b.len(), b)
}

#[cfg(test)]
mod tests;
