//! Metrics and refining against `PyTorch` and scikit-image; training runs that learn pictures and objects, freeze and
//! resume.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod lpips;
mod methods;
mod objects;
mod refine;
mod run;
mod sounds;
