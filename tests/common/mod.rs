#![allow(dead_code, reason = "each test file uses a part of it, and some all of it")]

//! What several test files need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperscope::field::{Activation, Architecture, Encoding, Field, FieldKind, FieldRecord, Layer};
use hyperscope::media::Picture;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

/// A file or folder of the shared test data that lies beside the checkout; `None`, with the reason
/// printed, where it is absent, so that the test can end early.
#[must_use]
pub(crate) fn shared(relative: &str) -> Option<PathBuf> {
    present(Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(relative))
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn present(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not on this machine", path.display());
    None
}

/// A file that comes with the program; `None`, with the reason printed, where it is absent.
#[must_use]
pub(crate) fn asset(relative: &str) -> Option<PathBuf> {
    present(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(relative))
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

/// Random weights, of a size that keeps activations near one.
#[must_use]
pub(crate) fn random_field(architecture: &Architecture, seed: u64) -> Field {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let layers = architecture.layer_shapes().into_iter().map(|shape| {
        let bound = (3.0 / shape.d_in as f32).sqrt();
        let mut draw = |count: usize| (0..count).map(|_| random.random_range(-bound..bound)).collect();
        Layer { weight: draw(shape.d_in * shape.d_out), bias: draw(shape.d_out) }
    });
    Field::new(architecture.clone(), layers.collect()).unwrap()
}

/// A WAV file by its specification: format 1 is of whole numbers, 3 of floats, and 0xFFFE says either in a longer
/// header, here floats.
#[must_use]
pub(crate) fn wav(format: u16, rate_hz: u32, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let frame_bytes = channels * bits / 8;
    let mut header = [format.to_le_bytes(), channels.to_le_bytes()].concat();
    header
        .extend([rate_hz.to_le_bytes(), rate_hz.wrapping_mul(u32::from(frame_bytes)).to_le_bytes()].concat());
    header.extend([frame_bytes.to_le_bytes(), bits.to_le_bytes()].concat());
    if format == 0xFFFE {
        header.extend([22_u16.to_le_bytes(), bits.to_le_bytes()].concat());
        header.extend(((1_u32 << channels) - 1).to_le_bytes());
        header.extend(*b"\x03\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71");
    }
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(((20 + header.len() + data.len()) as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header);
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
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

/// A backbone's weights file in timm's names: that of a golden model.
pub(crate) fn backbone(folder: &Path) -> PathBuf {
    let bytes = std::fs::read(golden("model_residual.safetensors")).unwrap();
    let golden = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = golden.tensors();
    let own = tensors.iter().filter_map(|(name, view)| Some((name.strip_prefix("backbone.")?, view)));
    // Taken down to a tenth: the golden model's weights are larger than a trained one's.
    let own: Vec<(&str, Vec<usize>, Vec<u8>)> = own
        .map(|(name, view)| {
            assert_eq!(view.dtype(), Dtype::F16);
            let halves: Vec<u16> = bytemuck::pod_collect_to_vec(view.data());
            let factor = if name.contains("norm") { 1.0 } else { 0.2 };
            let values = halves.into_iter().map(|bits| half::f16::from_bits(bits).to_f32() * factor);
            (name, view.shape().to_vec(), values.flat_map(f32::to_le_bytes).collect())
        })
        .collect();
    // A classifier, by which it is known as timm's AugReg among the families that are alike.
    let classifier = ("head.weight", vec![1, 64], vec![0; 4 * 64]);
    let views = own
        .iter()
        .chain([&classifier])
        .map(|(name, shape, data)| (*name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    let path = folder.join("backbone.safetensors");
    safetensors::serialize_to_file(views, None, &path).unwrap();
    path
}
