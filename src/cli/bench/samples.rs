use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;

use crate::camera::{CANONICAL_DISTANCE, Camera, Intrinsics};
use crate::dataset::{Entry, FOCAL, ObjectEntry, View, ViewSet};
use crate::field::{Architecture, Field, FieldKind, FieldRecord, Layer};
use crate::media::{Cutout, Framing, ImageSignal, ObjectFraming, ObjectSignal, Picture};
use crate::storage::Identity;

/// A picture by a formula, detailed enough not to be a decoder's easy case.
pub(super) fn picture(width: u32, height: u32) -> anyhow::Result<Picture> {
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            for channel in 0..3 {
                let wave = (40.0 * u * (channel as f32 + 1.0) + 9.0 * v).sin() * (70.0 * v * u).cos();
                rgb.push(0.5 + 0.4 * wave + 0.1 * u);
            }
        }
    }
    Picture::from_f32(width, height, &rgb).context("a sample of no size")
}

pub(super) fn signal(side_px: u32) -> anyhow::Result<ImageSignal> {
    let reference = Arc::new(picture(side_px, side_px)?);
    let identity = Identity::of("formula", &[]);
    Ok(ImageSignal { identity, reference, framing: Framing::Crop, original_size: (side_px, side_px) })
}

/// The bundled picture of an object.
pub(super) fn object() -> anyhow::Result<ObjectSignal> {
    let bytes = include_bytes!("../../../assets/samples/armchair.png");
    Ok(ObjectSignal::load("armchair.png", bytes, &ObjectFraming::default())?)
}

/// Pictures to train on.
pub(super) fn entries() -> anyhow::Result<Vec<Entry>> {
    let entry = |index: usize| {
        let picture = picture(256, 256 + index as u32)?;
        Ok(Entry { relative: format!("formula-{index}"), sha256: String::new(), picture })
    };
    (0..16).map(entry).collect()
}

/// Disks that are seen from all around, to train on.
pub(super) fn objects() -> anyhow::Result<Vec<ObjectEntry>> {
    let side = 96;
    let view = |index: usize| {
        let pixels = (0..side * side).map(|pixel| (pixel % side, pixel / side));
        let rgba = pixels.flat_map(|(x, y)| {
            let from_middle = (x as f64 - 47.5).hypot(y as f64 - 47.5);
            if from_middle < 30.0 { [200, (x + y) as u8, 60, 255] } else { [0; 4] }
        });
        let picture = Cutout::new(side, side, rgba.collect()).context("a sample of no size")?;
        let intrinsics = Intrinsics::square(side, FOCAL);
        Ok(View { picture, camera: Camera::around(0.3, index as f64, CANONICAL_DISTANCE, intrinsics) })
    };
    let entry = |index: usize| {
        let views = (0..8).map(view).collect::<anyhow::Result<Vec<View>>>()?;
        Ok(ObjectEntry { relative: format!("disk-{index}"), views: ViewSet { views, near: 2.0, far: 6.0 } })
    };
    (0..16).map(entry).collect()
}

/// A field whose weights are small and of both signs: what they are does not change how long it takes.
pub(super) fn field(architecture: &Architecture) -> anyhow::Result<Field> {
    let value = |index: usize| ((index * 7_919 % 2_003) as f32 / 1_001.5 - 1.0) * 0.1;
    let layers = architecture.layer_shapes().into_iter().map(|shape| Layer {
        weight: (0..shape.d_in * shape.d_out).map(value).collect(),
        bias: vec![0.0; shape.d_out],
    });
    Ok(Field::new(architecture.clone(), layers.collect())?)
}

/// Such a field with what a picture of this side needs.
pub(super) fn record(architecture: &Architecture, side_px: u32) -> anyhow::Result<FieldRecord> {
    Ok(FieldRecord {
        field: field(architecture)?,
        others: Vec::new(),
        kind: FieldKind::Image { width: side_px, height: side_px },
        source: None,
        model: None,
        extra: BTreeMap::new(),
    })
}
