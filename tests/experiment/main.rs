//! Experiments as processes, and their reports against numbers worked out by hand.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod processes;
mod report;
