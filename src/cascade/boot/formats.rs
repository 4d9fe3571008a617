//! What text of a boot's body must look like (`nova/api/validation/parameter_types.py`, validators.py). Python's `$` lets a
//! last line feed pass.

/// `format: base64`: what Python's lenient decoder takes. Characters outside of the alphabet count for nothing, and what
/// is behind a whole padding is not looked at. Nova fails with 500 where a character is not ASCII; here that is none.
pub(super) fn is_base64(text: &str) -> bool {
    let (mut digits, mut pads) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'=' if digits >= 2 => {
                pads += 1;
                if digits + pads >= 4 {
                    return text.is_ascii();
                }
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => (digits, pads) = ((digits + 1) % 4, 0),
            _ => {}
        }
    }
    digits == 0 && text.is_ascii()
}

fn line(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// `tag`
pub(super) fn is_tag(text: &str) -> bool {
    !line(text).contains([',', '/'])
}

/// `hostname`, to 2.93.
pub(super) fn is_hostname(text: &str) -> bool {
    let text = line(text);
    let within = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.len() >= 2 && text.bytes().all(within) && !text.starts_with('-') && !text.ends_with('-')
}

/// `fqdn`
pub(super) fn is_fqdn(text: &str) -> bool {
    line(text).bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_what_python_decodes() {
        for text in ["", "QUJD", "QUI=", "QQ==", "QUJD\n", "QU\nJD", "!!!!", "QQ==QQ==", "QUJD="] {
            assert!(is_base64(text), "{text:?}");
        }
        for text in ["QUJ", "Q", "a b", "a!b", "QQ=", "=QQ", "é", "QUJDé", "QQ==é"] {
            assert!(!is_base64(text), "{text:?}");
        }
    }

    #[test]
    fn names_of_hosts_are_novas() {
        assert!(is_hostname("web-host") && is_hostname("a1") && is_hostname("ab\n"));
        for text in ["a", "-a", "a-", "a_b", "a.b", ""] {
            assert!(!is_hostname(text), "{text}");
        }
        assert!(is_fqdn("a.b_c-d") && !is_fqdn("a b") && is_tag("a b") && !is_tag("a,b") && !is_tag("a/b"));
    }
}
