//! What Nova's compute API decides inside one cloud, decided over regions.

pub mod act;
pub mod boot;
pub mod ensure;
