#![allow(dead_code, reason = "each test file uses a part of it, and some all of it")]

//! What several test files need.

use std::path::{Path, PathBuf};

use hyperscope::media::Picture;

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

/// A picture of colours that come and go; `shift` makes another one of it.
#[must_use]
pub(crate) fn waves(width: u32, height: u32, shift: f32) -> Picture {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 * 0.05 + shift, y as f32 * 0.04);
            rgb.extend([0.5 + 0.4 * u.sin(), 0.5 + 0.3 * (u + v).cos(), 0.4 + 0.3 * v.sin()]);
        }
    }
    Picture::from_f32(width, height, &rgb).unwrap()
}

/// Write a file.
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}
