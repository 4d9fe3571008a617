//! Regular expressions of clients: found in text in linear time whatever they are, of a bounded size when compiled, and
//! off the threads that answer requests (docs/decisions/0027-patterns.md).
//!
//! What they match is what `MariaDB` would find for Nova: anywhere in the text, without regard to case, and with `|` as a
//! plain character (nova/db/utils.py, `_safe_regex_mysql`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::RegexBuilder;
use tokio::sync::Semaphore;

use crate::config::{self, ms};
use crate::error::Fault;

/// What makes text more than literal.
const META: &str = r"\.+*?()|[]{}^$";

/// How long one request computes before the next one gets its turn.
const SLICE: Duration = Duration::from_millis(20);

/// Characters of the longest text that is searched in, and one: a longer literal is in none either.
const LITERAL_MAX: usize = 256;

/// The states that a lazily built automaton may keep; beyond it the slower engine goes on.
const AUTOMATON_BYTES_MAX: usize = 256 * 1024;

/// An expression that can be searched for.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: regex::Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

/// Why text is no expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// Its syntax, or what no linear search can do: look-around and back-references.
    Syntax,
    /// Larger than this many bytes when compiled.
    TooLarge(usize),
}

/// True for text that only matches itself; it is always an expression.
#[must_use]
pub fn is_literal(text: &str) -> bool {
    !text.contains(|c| META.contains(c))
}

impl Pattern {
    /// Compiles `text`; a literal in no time, others better with [`Matcher::compile`].
    ///
    /// # Errors
    /// [`Invalid`].
    pub fn new(text: &str, compiled_bytes_max: usize) -> Result<Self, Invalid> {
        let compile = |text: &str| {
            RegexBuilder::new(text)
                .case_insensitive(true)
                .size_limit(compiled_bytes_max)
                .dfa_size_limit(AUTOMATON_BYTES_MAX)
                .build()
                .map_err(|error| match error {
                    regex::Error::CompiledTooBig(most) => Invalid::TooLarge(most),
                    _ => Invalid::Syntax,
                })
        };
        let text = if is_literal(text) { &text[..end(text)] } else { text };
        let mut regex = compile(text)?;
        if text.contains('|') {
            // It must be an expression as it was written, too.
            regex = compile(&text.replace('|', "\\|"))?;
        }
        Ok(Self { text: text.to_owned(), regex })
    }

    /// True where it is found in `text`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The text that it is, where it is nothing more.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        is_literal(&self.text).then_some(self.text.as_str())
    }
}

/// Where the characters of a literal end that count.
fn end(text: &str) -> usize {
    text.char_indices().nth(LITERAL_MAX).map_or(text.len(), |(at, _)| at)
}

/// A request has used up the time that its expressions may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the regular expressions of the request took longer than {0} ms")]
pub struct Exhausted(pub u64);

impl From<Exhausted> for Fault {
    /// 400: it is the expression, not the load, that takes the time.
    fn from(error: Exhausted) -> Self {
        let message = "The regular expressions of the filters take too long; use simpler ones, or narrow the list.";
        Self::bad_request(message).with_detail(error.to_string())
    }
}

/// Computes with expressions on threads of their own, few at once and each request for a short time in turn.
#[derive(Clone, Debug)]
pub struct Matcher {
    turns: Arc<Semaphore>,
    time_max_ms: u64,
    compiled_bytes_max: usize,
}

/// The time that the expressions of one request have taken.
#[derive(Debug, Default)]
pub struct Spent(Duration);

impl Matcher {
    /// From `[api]`.
    #[must_use]
    pub fn new(settings: &config::Api) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(settings.patterns_at_once_max)),
            time_max_ms: settings.pattern_time_max_ms,
            compiled_bytes_max: settings.pattern_compiled_bytes_max,
        }
    }

    /// Compiles a literal at once.
    ///
    /// # Errors
    /// [`Invalid::TooLarge`].
    pub fn literal(&self, text: &str) -> Result<Pattern, Invalid> {
        Pattern::new(text, self.compiled_bytes_max)
    }

    /// Compiles expressions, in their order.
    ///
    /// # Errors
    /// [`Exhausted`].
    pub async fn compile(
        &self,
        texts: Vec<String>,
        spent: &mut Spent,
    ) -> Result<Vec<Result<Pattern, Invalid>>, Exhausted> {
        let most = self.compiled_bytes_max;
        self.each(texts, move |text| Some(Pattern::new(&text, most)), spent).await
    }

    /// `items.filter_map(work)`, where each item takes milliseconds at most.
    ///
    /// # Errors
    /// [`Exhausted`] where all that the request has spent is more than `api.pattern_time_max_ms`.
    pub async fn each<T, U>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> Option<U> + Send + Sync + 'static,
        spent: &mut Spent,
    ) -> Result<Vec<U>, Exhausted>
    where
        T: Send + 'static,
        U: Send + 'static,
    {
        let work = Arc::new(work);
        let (mut rest, mut done) = (items.into_iter(), Vec::new());
        while !rest.as_slice().is_empty() {
            if spent.0 >= ms(self.time_max_ms) {
                return Err(Exhausted(self.time_max_ms));
            }
            let exhausted = Exhausted(self.time_max_ms);
            // The turn goes with the thread: one whose request is gone still counts until it has ended.
            let turn = self.turns.clone().acquire_owned().await.map_err(|_| exhausted)?;
            let work = work.clone();
            let slice = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let began = Instant::now();
                while began.elapsed() < SLICE {
                    let Some(item) = rest.next() else { break };
                    done.extend(work(item));
                }
                (rest, done, began.elapsed())
            });
            // It fails where the work panics, which it has no way to, or the process ends.
            let (left, all, took) = slice.await.map_err(|_| exhausted)?;
            (rest, done) = (left, all);
            spent.0 += took;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 524_288;

    fn found(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern, MOST).expect(pattern).matches(text)
    }

    #[test]
    fn expressions_are_those_of_novas_database() {
        assert!(found("eb", "WEB-1") && found("^web-[0-9]+$", "web-12") && !found("^eb", "web"));
        assert!(found("a|b", "xa|by") && !found("a|b", "a"), "no alternative");
        assert!(found("é", "CAFÉ") && found("\u{1F600}", "a\u{1F600}"));
    }

    #[test]
    fn what_cannot_be_bounded_is_refused() {
        for bad in ["[", "(", "*", "a|*", r"(?=a)", r"(a)\1", "[z-a]"] {
            assert_eq!(Pattern::new(bad, MOST).map(|_| ()), Err(Invalid::Syntax), "{bad}");
        }
        for large in ["((a{100}){100}){100}", "a{1,99999}", r"(\w{100}){100}"] {
            assert_eq!(Pattern::new(large, MOST).map(|_| ()), Err(Invalid::TooLarge(MOST)), "{large}");
        }
        for usual in
            [r"^web-\d+$", r"^\w+\.example\.(com|org)$", r"^\w+-\w+-\w+$", "^[a-z0-9-]{1,63}$", r"\bdb\b.*[0-9]{4}"]
        {
            assert!(Pattern::new(usual, MOST).is_ok(), "{usual}");
        }
    }

    #[test]
    fn literals_are_told_apart() {
        assert!(is_literal("web-1 é_%") && !is_literal("web.1") && !is_literal("^web"));
        let long = "é".repeat(60_000);
        assert!(!found(&long, &"é".repeat(255)) && Pattern::new(&long, MOST).is_ok());
    }

    #[tokio::test]
    async fn many_requests_take_turns_and_each_ends() {
        let settings = config::Api { patterns_at_once_max: 1, pattern_time_max_ms: 60, ..config::Api::default() };
        let matcher = Matcher::new(&settings);
        let slow = |_: i32| {
            std::thread::sleep(Duration::from_millis(5));
            Some(())
        };
        let endless = async || matcher.each((0..10_000).collect(), slow, &mut Spent::default()).await;
        let short = async { matcher.each(vec![1], Some, &mut Spent::default()).await };
        let (first, second, short) = tokio::join!(endless(), endless(), short);
        assert_eq!((first.err(), second.err(), short), (Some(Exhausted(60)), Some(Exhausted(60)), Ok(vec![1])));
    }
}
