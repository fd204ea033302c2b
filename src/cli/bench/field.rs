//! Decoding, evaluating, refining: what runs without a model.

use std::sync::Arc;

use super::measure::{Row, repeat};
use super::samples;
use crate::field::{Architecture, Evaluator, pixel_centres};
use crate::media;
use crate::train::{RefineConfig, Refiner};

/// Side of the picture that fields are evaluated at.
const SIDE_PX: u32 = 512;

pub(super) fn decode(seconds: f64) -> anyhow::Result<Vec<Row>> {
    let picture = samples::picture(1_920, 1_080)?;
    let png = media::png_bytes(&picture)?;
    let values = picture.rgb().len();
    let times = repeat(seconds, || Ok(media::decode(&png, [255; 3])?))?;
    let framed = repeat(seconds, || Ok(media::frame(&picture, media::Framing::Crop, 256, [255; 3])))?;
    Ok(vec![
        Row::of("decode a PNG of 1920x1080", &times).with_bytes(png.len() + 2 * values),
        Row::of("crop and reduce it to 256x256", &framed).with_bytes(2 * values),
    ])
}

/// Every preset, and the field of the model at hand.
pub(super) fn evaluate(seconds: f64, own: &Architecture) -> anyhow::Result<Vec<Row>> {
    let mut architectures = vec![("the model's field", own.clone())];
    architectures.extend(Architecture::presets());
    let centres = pixel_centres(SIDE_PX, 0.0, 1.0);
    let evaluate = |(name, architecture): (&str, Architecture)| {
        let evaluator = Evaluator::new(&samples::field(&architecture)?);
        let times = repeat(seconds, || Ok(evaluator.evaluate_grid(&centres, &centres)))?;
        let flops = grid_flops(&architecture, SIDE_PX);
        let what = format!("evaluate {name} at {SIDE_PX}x{SIDE_PX} on the CPU");
        Ok(Row::of(what, &times).with_flops(flops).with_note("first layer by rows and columns"))
    };
    architectures.into_iter().map(evaluate).collect()
}

/// What a square picture of a field needs at least: the first layer is a sum over the axes, and its product is
/// needed for rows and columns alone.
pub(super) fn grid_flops(architecture: &Architecture, side_px: u32) -> u64 {
    let first = architecture.layer_shapes().first().map_or(0, |shape| 2 * (shape.d_in * shape.d_out) as u64);
    u64::from(side_px).pow(2) * (architecture.flops_per_point() - first) + u64::from(side_px) * first
}

/// Any points, where nothing is shared between them.
pub(super) fn points(seconds: f64, own: &Architecture) -> anyhow::Result<Vec<Row>> {
    let evaluator = Evaluator::new(&samples::field(own)?);
    let points: Vec<f32> = (0..2 * 65_536).map(|index| (index * 37 % 2_001) as f32 / 1_000.0 - 1.0).collect();
    let times = repeat(seconds, || Ok(evaluator.evaluate(&points)))?;
    let flops = 65_536 * own.flops_per_point();
    Ok(vec![Row::of("evaluate the model's field at 65,536 points on the CPU", &times).with_flops(flops)])
}

pub(super) fn refine(seconds: f64, own: &Architecture) -> anyhow::Result<Vec<Row>> {
    let signal = samples::signal(256)?;
    let record = samples::record(own, 256)?;
    // So many steps that none is the last.
    let config = RefineConfig { steps: u32::MAX, ..RefineConfig::default() };
    let mut refiner = Refiner::new(&record, Arc::clone(&signal.reference), config)?;
    let times = repeat(seconds, || Ok(refiner.step()?))?;
    let (rows, columns) = config.lattice(256, 256);
    let what = format!("refine step, {rows}x{columns} pixels");
    let note = "operations of the gradient; every 25th also looks at all 256x256";
    Ok(vec![Row::of(what, &times).with_flops(refine_flops(own, (rows, columns))).with_note(note)])
}

/// Of the gradient at the crossings of so many rows and columns: three products for each layer, but the first
/// one's are two for each row and each column, with half of its weight.
pub(super) fn refine_flops(architecture: &Architecture, (rows, columns): (usize, usize)) -> u64 {
    let shapes = architecture.layer_shapes();
    let first = shapes.first().map_or(0, |shape| 2 * (shape.d_in * shape.d_out) as u64);
    let [crossings, lines] = [rows * columns, rows + columns].map(|count| count as u64);
    crossings * 3 * (architecture.flops_per_point() - first) + lines * first
}
