//! Content codings of answers. A region is asked for none, since what it says is read and rewritten here; a proxy in
//! front of it may compress all the same (RFC 9110, 8.4).

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};

/// What a region is asked for (`Accept-Encoding`).
pub const NONE: HeaderValue = HeaderValue::from_static("identity");

/// The body of an answer without its codings, at most `bytes_max` long; the headers no longer name them.
///
/// # Errors
/// For people: a coding that is not known, or a body that is not what it says.
pub fn decoded(headers: &mut HeaderMap, mut body: Bytes, bytes_max: usize) -> Result<Bytes, String> {
    if !headers.contains_key(CONTENT_ENCODING) {
        return Ok(body);
    }
    let named =
        headers.get_all(CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    let named = named.collect::<Vec<_>>().join(",");
    // In the order in which they were applied. An answer without a body may name them, too.
    for coding in named.split(',').map(str::trim).rev() {
        if body.is_empty() {
            break;
        }
        body = match coding {
            "" | "identity" => continue,
            "gzip" | "x-gzip" => whole(MultiGzDecoder::new(&body[..]), coding, bytes_max)?,
            // Some servers leave out the frame that the coding has.
            "deflate" if has_zlib_frame(&body) => whole(ZlibDecoder::new(&body[..]), coding, bytes_max)?,
            "deflate" => whole(DeflateDecoder::new(&body[..]), coding, bytes_max)?,
            _ => return Err(format!("its answer is coded as {coding:?}, which was not asked for")),
        };
    }
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    Ok(body)
}

/// Its header (RFC 1950, 2.2): the method, and a check of both bytes.
fn has_zlib_frame(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0)
}

fn whole(decoder: impl Read, coding: &str, bytes_max: usize) -> Result<Bytes, String> {
    let mut bytes = Vec::new();
    let most = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(most).read_to_end(&mut bytes).map_err(|_| format!("its answer is not {coding} as it says"))?;
    if bytes.len() > bytes_max {
        return Err("its answer is longer than region.answer_bytes_max".into());
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("written");
        encoder.finish().expect("finished")
    }

    fn decode(codings: &[&'static str], body: Vec<u8>) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        for coding in codings {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        let body = decoded(&mut headers, body.into(), 100)?;
        assert!(headers.is_empty());
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    #[test]
    fn codings_are_undone_in_their_order() {
        let said = || Ok("said".to_owned());
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"said").expect("written");
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(b"said").expect("written");
        assert_eq!(decode(&[], b"said".to_vec()), said());
        assert_eq!(decode(&["identity"], b"said".to_vec()), said());
        assert_eq!(decode(&["GZip"], gzip(b"said")), said());
        assert_eq!(decode(&["deflate"], zlib.finish().expect("finished")), said());
        assert_eq!(decode(&["deflate"], bare.finish().expect("finished")), said());
        assert_eq!(decode(&["gzip, x-gzip"], gzip(&gzip(b"said"))), said());
        assert_eq!(decode(&["gzip", "identity"], gzip(b"said")), said());
        assert_eq!(decode(&["br"], Vec::new()), Ok(String::new()), "nothing to decode");
    }

    #[test]
    fn what_cannot_be_decoded_is_said() {
        assert!(decode(&["br"], b"said".to_vec()).is_err_and(|why| why.contains("\"br\"")));
        assert!(decode(&["gzip"], b"said".to_vec()).is_err_and(|why| why.contains("gzip")));
        assert!(decode(&["gzip"], gzip(&[b'x'; 101])).is_err_and(|why| why.contains("answer_bytes_max")));
        assert!(decode(&["deflate"], vec![0xff; 9]).is_err());
    }
}
