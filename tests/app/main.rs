//! The window as a person meets it: files dropped, controls found by the names that a screen reader says.

#![cfg(feature = "gui")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod controls;
mod files;
mod kept_runs;
mod objects;
mod reducer;
mod settings;
mod stage;
mod training;
