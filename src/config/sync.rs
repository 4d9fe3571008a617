//! `[sync]`: what keeps the rows equal to the regions.

use serde::Deserialize;

section!(
    /// `[sync]`
    Sync {
        /// Time between two rounds over a region where nothing is under way.
        poll_period_ms: u64 = 3_000,
        /// The same while a server of the region is unsettled.
        unsettled_period_ms: u64 = 1_000,
        /// Time between the starts of two rounds over a region at the least, however often one is asked for: readers that
        /// wait for it share it.
        round_spacing_ms: u64 = 100,
        /// How far a round reaches back behind the newest `updated` seen, until that has stood for twice this time: skew of
        /// the region's conductors.
        overlap_s: u64 = 10,
        /// What becomes of servers that were booted directly in a region.
        strangers: Strangers = Strangers::default(),
        /// Servers a page of a round asks for.
        page_size: usize = 200,
        /// Time between two readings of a region's ports, of its floating ips and of its hosts.
        neighbours_period_ms: u64 = 5_000,
        /// The same where there are many: so many of a kind are read in a second on average.
        neighbours_per_s: u64 = 250,
        /// Ports or floating ips a page asks for.
        neighbours_page_size: usize = 1_000,
        /// Time between the starts of two sweeps, which read all servers: what only they can find is as old as this.
        sweep_period_s: u64 = 600,
        /// Time between two pages of a sweep.
        sweep_page_pause_ms: u64 = 1_000,
        /// Time between two readings of a region's zones and microversion.
        facts_period_s: u64 = 60,
        /// Time between two passes over what the top has put into a region; a change on top is brought there at once.
        owned_period_s: u64 = 60,
        /// Age at which a pass looks again at one of these things.
        owned_check_s: i64 = 3_600,
        /// Things of a kind that one pass looks at.
        owned_per_pass: i64 = 50,
        /// Time for one call of a round.
        call_timeout_ms: u64 = 20_000,
        /// Time for one single show: a server that its region cannot show must not hold up its round for long.
        show_timeout_ms: u64 = 5_000,
        /// Single shows in one round, for servers that a round does not tell about.
        shows_per_round: usize = 20,
        /// Time without a change after which an unsettled server is shown singly, and between two turns of those that
        /// stay as they are.
        show_after_s: u64 = 30,
        /// Time between the two 404s of single shows that close a row.
        missing_confirm_s: u64 = 30,
        /// Servers missing in a region that are believed to be gone; with more of them, none is closed.
        max_closed_per_round: u64 = 10,
        /// Time a read of unsettled servers waits for a fresh round before it answers with the rows as they are.
        read_wait_ms: u64 = 1_500,
        /// Time a lease of a region is held without renewal.
        lease_s: u64 = 12,
    }
);

/// What becomes of servers that were booted directly in a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strangers {
    /// They get a row on top, and are charged: what is not counted is a way around quota.
    #[default]
    Adopt,
    /// They are counted and logged.
    Report,
}
