//! Against burn's own operations, and against finite differences in f64.

mod blocks;
mod extremes;
mod fields;
mod support;
