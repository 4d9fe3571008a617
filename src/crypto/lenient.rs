//! base64 as Python reads it, since Nova takes a key that has been wrapped, cut or copied with something in it.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What Python's `binascii.a2b_base64` reads: characters of no alphabet are passed over, and padding ends it.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut place, mut pads) = (0u32, 0u8, 0u8);
    for character in text.bytes() {
        if character == b'=' {
            pads += 1;
            if place >= 2 && place + pads >= 4 {
                return Some(bytes);
            }
            continue;
        }
        let Some(value) = ALPHABET.iter().position(|known| *known == character) else { continue };
        (bits, pads) = ((bits << 6) | u32::try_from(value).ok()?, 0);
        if place > 0 {
            bytes.push(u8::try_from((bits >> (6 - 2 * place)) & 0xff).ok()?);
        }
        place = (place + 1) % 4;
    }
    (place == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_python_reads_it() {
        for (text, bytes) in [
            ("", Some(&b""[..])),
            ("YWJj", Some(b"abc")),
            ("YW Jj\n", Some(b"abc")),
            ("YW!Jj", Some(b"abc")),
            ("YWI=", Some(b"ab")),
            ("YQ==", Some(b"a")),
            ("YQ==YWJj", Some(b"a")),
            ("Y=WJj", Some(b"abc")),
            ("YWJj=", Some(b"abc")),
            ("YQ", None),
            ("YQ=", None),
            ("Y", None),
        ] {
            assert_eq!(decode(text).as_deref(), bytes, "{text}");
        }
    }
}
