#![allow(dead_code, reason = "each test file uses a part of it, and some all of it")]

//! What several test files need.

use std::path::{Path, PathBuf};

/// A file or folder of the shared test data that lies beside the checkout; `None`, with the reason
/// printed, where it is absent, so that the test can end early.
#[must_use]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn shared(relative: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(relative);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ../shared/{relative} is not on this machine");
    None
}

/// A file that lies beside the golden scripts.
#[must_use]
pub(crate) fn golden(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(relative)
}
