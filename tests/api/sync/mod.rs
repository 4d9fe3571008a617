//! The status sync: what happens below is seen on top, and nothing else is.

mod absence;
mod account;
mod cost;
mod crash;
mod doubt;
mod held_up;
mod lease;
mod neighbours;
mod notifications;
mod order;
mod regions;
mod scale;
mod servers;
mod set_aside;
mod status;
mod sweep;
mod unknown;
