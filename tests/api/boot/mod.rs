//! The boot saga: which region, what its answer means, and what is left when the service dies.

mod again;
mod given_up;
mod matrix;
mod outcomes;
mod recovery;
mod selection;
mod several;
mod stranded;
