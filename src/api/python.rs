//! What Python makes of text and numbers, where Nova's answers show it.

use std::fmt::Write as _;

/// `int(text)`; beyond what fits, the nearest that does.
#[must_use]
pub fn int(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    // Underscores may stand between digits alone.
    let grouped = digits.split('_').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    if !grouped {
        return None;
    }
    let number = digits.replace('_', "").parse().unwrap_or(i128::MAX);
    Some(if negative { -number } else { number })
}

/// `repr(number)` of a float: the shortest digits, with an exponent where that is below -4 or above 15.
#[must_use]
pub fn float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if (-4..16).contains(&exponent) => {
            let plain = format!("{number}");
            if plain.contains('.') { plain } else { format!("{plain}.0") }
        }
        Ok(exponent) => format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()),
        Err(_) => scientific,
    }
}

/// `repr(text)`: in quotes, with what cannot be printed escaped.
#[must_use]
pub fn text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\\' => shown.push_str("\\\\"),
            c if c == quote => shown.extend(['\\', c]),
            c if c.is_control() && u32::from(c) < 0x100 => {
                let _ = write!(shown, "\\x{:02x}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown.push(quote);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_an_integer_as_in_python() {
        for (given, number) in [("5", 5), (" 5\n", 5), ("-3", -3), ("+3", 3), ("1_000", 1_000), ("007", 7)] {
            assert_eq!(int(given), Some(number), "{given}");
        }
        assert_eq!(int(&"9".repeat(60)), Some(i128::MAX));
        for bad in ["", " ", "-", "x", "1.5", "_1", "1_", "1__0", "0x1", "--1", "- 1"] {
            assert_eq!(int(bad), None, "{bad}");
        }
    }

    #[test]
    fn floats_are_shown_as_in_python() {
        for (number, shown) in [
            (1.0, "1.0"),
            (1.5, "1.5"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
        ] {
            assert_eq!(float(number), shown);
        }
    }

    #[test]
    fn text_is_quoted_as_in_python() {
        assert_eq!(text("a'b"), "\"a'b\"");
        assert_eq!(text("a'\"b"), r#"'a\'"b'"#);
        assert_eq!(text("a\u{1}\n\\é"), "'a\\x01\\n\\\\é'");
    }
}
