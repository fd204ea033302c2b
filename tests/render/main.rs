//! Shaders against their CPU twins, and the image pass as it is seen, on whatever adapter there is.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod image_pass;
mod modes;
mod shaders;
mod support;
mod volume;
