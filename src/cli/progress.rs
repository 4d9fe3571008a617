//! What the operator sees of something that takes a while: one line on standard error, now and then.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Progress of one thing.
pub struct Progress {
    what: String,
    /// How many there are, where that is known.
    total: Option<usize>,
    began: Instant,
    said: Instant,
    /// A terminal's line is written over.
    terminal: bool,
    open: bool,
}

impl Progress {
    /// Nothing is said before two seconds have passed.
    #[must_use]
    pub fn new(what: impl Into<String>, total: Option<usize>) -> Self {
        let now = Instant::now();
        let terminal = std::io::stderr().is_terminal();
        Self { what: what.into(), total, began: now, said: now, terminal, open: false }
    }

    /// So many are done.
    pub fn tell(&mut self, done: usize) {
        let period = Duration::from_secs(if self.terminal && self.open { 1 } else { 2 });
        if self.said.elapsed() < period {
            return;
        }
        self.said = Instant::now();
        self.open = true;
        let line = line(&self.what, done, self.total, self.began.elapsed());
        let mut out = std::io::stderr();
        let _ = if self.terminal { write!(out, "\r\x1b[K{line}") } else { writeln!(out, "{line}") };
        let _ = out.flush();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal && self.open {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(what: &str, done: usize, total: Option<usize>, took: Duration) -> String {
    let per_s = u128::try_from(done).unwrap_or(0) * 1_000 / took.as_millis().max(1);
    match total.filter(|total| *total >= done) {
        Some(total) => {
            let left = u128::try_from(total - done).unwrap_or(0);
            let eta = if per_s == 0 { "?".to_owned() } else { format!("{} s", left.div_ceil(per_s)) };
            format!("{what}: {done} of {total}, {per_s}/s, {eta} left")
        }
        None => format!("{what}: {done}, {per_s}/s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_fast_and_how_long() {
        let took = Duration::from_secs(4);
        assert_eq!(line("R1", 400, Some(1_000), took), "R1: 400 of 1000, 100/s, 6 s left");
        assert_eq!(line("R1", 0, Some(1_000), took), "R1: 0 of 1000, 0/s, ? left");
        // A total that was too small is none.
        assert_eq!(line("R1", 400, Some(10), took), "R1: 400, 100/s");
        assert_eq!(line("R1", 400, None, Duration::ZERO), "R1: 400, 400000/s");
    }
}
