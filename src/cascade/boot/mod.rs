//! Boot: a saga that loses nothing (D2). Intent first, then region by region until one accepts; a request whose
//! outcome is not known is looked for by its marker and never sent again.

mod again;
mod ask;
pub mod at_work;
mod body_schema;
mod count;
mod evidence;
mod first_host;
mod formats;
mod hints;
mod hostname;
pub mod needs;
mod nowhere;
mod order;
mod outcome;
pub(super) mod prepare;
mod pushed;
pub mod recover;
pub mod remnant;
pub(super) mod row;
mod saga;
mod search;
mod several;
mod stranded;
mod translate;
mod turns;
pub mod watch;

pub use recover::claim;
pub use several::boot;
