//! Fields: their evaluation against `PyTorch` and against plain loops, and their file.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod drawing;
mod evaluation;
mod file;
mod sounds;
mod volume;

use common::random_field;
