//! Text of regions in columns. What a region says is longer than its column only where something is wrong there, and
//! must not keep the rest of what it says from being stored: columns are what lists search and sort by, and hold what
//! fits. What a client says is refused where it is too long, and never cut.

/// Characters of most columns, as in Nova's database.
pub const NAME_MAX: usize = 255;

/// Characters of an id's column.
pub const ID_MAX: usize = 36;

/// Characters that any column of type TEXT holds, which is bounded in bytes.
pub const LONG_MAX: usize = 16_000;

/// Leaves the first so many characters.
pub fn cut(text: &mut String, chars_max: usize) {
    if let Some((end, _)) = text.char_indices().nth(chars_max) {
        text.truncate(end);
    }
}

/// An id as rows have it. Nova's database compares without regard to case, so that it finds one in capitals too.
#[must_use]
pub fn folded_id(id: &str) -> String {
    id.to_ascii_lowercase()
}

/// True for text of so many characters at most.
#[must_use]
pub fn fits(text: &str, chars_max: usize) -> bool {
    text.len() <= chars_max || text.chars().nth(chars_max).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_count() {
        let mut text = "é\u{1F600}a".to_owned();
        assert!(fits(&text, 3) && !fits(&text, 2));
        cut(&mut text, 3);
        assert_eq!(text, "é\u{1F600}a");
        cut(&mut text, 2);
        assert_eq!(text, "é\u{1F600}");
    }
}
