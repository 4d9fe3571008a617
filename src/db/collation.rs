//! The order of text in Nova's database, `utf8mb3_general_ci`: case and accents do not count, and text goes on with spaces
//! behind its end. `MariaDB` has it (`utf8mb4_general_ci`, the same for all that Nova can store); `SQLite` gets it from here.

mod weights;

use std::cmp::Ordering;

use weights::RANGES;

/// Its name in `SQLite`. No index and no table may have it: other programs that open the file do not know it.
pub(super) const NAME: &str = "nova";

/// Of all characters beyond the Basic Multilingual Plane, which Nova cannot store.
const BEYOND: u16 = 0xFFFD;

const SPACE: u16 = 0x20;

/// Which of two texts comes first.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.chars().map(weight), right.chars().map(weight));
    loop {
        let (one, other) = (left.next(), right.next());
        if one.is_none() && other.is_none() {
            return Ordering::Equal;
        }
        let order = one.unwrap_or(SPACE).cmp(&other.unwrap_or(SPACE));
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn weight(character: char) -> u16 {
    let Ok(code) = u16::try_from(u32::from(character)) else { return BEYOND };
    let at = RANGES.partition_point(|(_, last, ..)| *last < code);
    match RANGES.get(at) {
        Some(&(first, _, step, weight, rises)) if code >= first && (code - first) % step == 0 => {
            if rises {
                weight.wrapping_add(code - first)
            } else {
                weight
            }
        }
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_spaces_at_the_end_do_not_count() {
        for (left, right) in
            [("Web", "wEB"), ("Zoë", "ZOE"), ("a", "a  "), ("ß", "s"), ("Ж", "ж"), ("\u{1F600}", "\u{1F601}")]
        {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} {right}");
        }
        for (left, right) in [("a", "B"), ("web-A", "web-b"), ("a\t", "a"), ("", "a"), ("z", "é漢"), ("é", "f")] {
            let expected = if left == "z" { Ordering::Greater } else { Ordering::Less };
            assert_eq!(compare(left, right), expected, "{left} {right}");
            assert_eq!(compare(right, left), expected.reverse(), "{right} {left}");
        }
    }

    #[test]
    fn ranges_are_in_order() {
        assert!(RANGES.iter().all(|(first, last, step, ..)| first <= last && *step > 0));
        assert!(RANGES.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }
}
