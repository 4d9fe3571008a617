//! The small part of regular expressions that name filters use: `^ $ . * + ? \` and plain characters.
//!
//! Nova hands them to the database's REGEXP, which finds a match anywhere and ignores case.

/// Whether the pattern matches somewhere in the text.
pub fn finds(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    if let Some(('^', rest)) = pattern.split_first().map(|(first, rest)| (*first, rest)) {
        return here(rest, &text);
    }
    (0..=text.len()).any(|start| here(&pattern, &text[start..]))
}

/// Whether the pattern matches at the text's beginning.
fn here(pattern: &[char], text: &[char]) -> bool {
    let (unit, rest) = match pattern {
        [] => return true,
        ['$'] => return text.is_empty(),
        ['\\', literal, rest @ ..] => (Unit::Only(*literal), rest),
        ['.', rest @ ..] => (Unit::Any, rest),
        [literal, rest @ ..] => (Unit::Only(*literal), rest),
    };
    let (least, most, rest) = match rest {
        ['*', rest @ ..] => (0, usize::MAX, rest),
        ['+', rest @ ..] => (1, usize::MAX, rest),
        ['?', rest @ ..] => (0, 1, rest),
        rest => (1, 1, rest),
    };
    let run = text.iter().take(most).take_while(|c| unit.is(**c)).count();
    (least..=run).rev().any(|taken| here(rest, &text[taken..]))
}

enum Unit {
    Any,
    Only(char),
}

impl Unit {
    fn is(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Only(literal) => *literal == c,
        }
    }
}
