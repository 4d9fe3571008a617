//! The status sync: what happens below is seen on top, and nothing else is.

mod absence;
mod lease;
mod notifications;
mod order;
mod regions;
mod servers;
