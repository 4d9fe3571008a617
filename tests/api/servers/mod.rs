//! `/servers` and what is behind it.

mod bodies;
mod changes;
mod create;
mod delete;
mod documents;
mod filters;
mod interfaces;
mod isolation;
mod list;
mod paging;
mod patterns;
mod plans;
mod waits;
