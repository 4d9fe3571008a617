//! Real Nova as the judge of the top: its schemas hold for every answer, a region's own answers are the top's but for
//! what is named, and whom Nova refuses the top refuses in the same words.

mod bodies;
mod clients;
mod found;
mod judge;
mod lists;
mod owned;
mod refusals;
mod rewrites;
mod scopes;
mod subjects;
mod text;
mod walk;

/// The microversions that clients use, and both ends.
const VERSIONS: [&str; 7] = ["2.1", "2.42", "2.61", "2.67", "2.96", "2.100", "2.104"];

/// An id that nothing has.
const NOWHERE: &str = "7d6a0d2e-0000-4000-8000-000000000000";
