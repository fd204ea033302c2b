#![allow(dead_code, reason = "each test file uses a part of it, and some all of it")]

//! What several test files need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperscope::field::{Activation, Architecture, Encoding, Field, FieldKind, FieldRecord, Layer};
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

/// An object whose density is `30 relu(cos 2x + cos 2y + cos 2z - 2.4)`, a ball without corners around the origin. Its
/// colour logits are `colors`, and red's grows with `red` times the sine of 2x.
#[must_use]
pub(crate) fn ball(colors: [f32; 3], red: f32) -> FieldRecord {
    let architecture = Architecture {
        layers: 1,
        encoding: Encoding::Fourier { count: 1, min: 2.0, max: 2.0 },
        activation: Activation::Relu,
        density_gain: Some(30.0),
        ..Architecture::live_object()
    };
    // Cosines of x, y and z, then their sines; red, green, blue and density of each.
    let mut weight = vec![0.0; 6 * 4];
    for axis in 0..3 {
        weight[4 * axis + 3] = 1.0;
    }
    weight[4 * 3] = red;
    let [r, g, b] = colors;
    let field = Field::new(architecture, vec![Layer { weight, bias: vec![r, g, b, -2.4] }]).unwrap();
    let kind = FieldKind::Object { near: 3.0, far: 5.0 };
    FieldRecord { field, others: Vec::new(), kind, source: None, model: None, extra: BTreeMap::new() }
}
