use std::sync::Arc;

use glam::dvec2;

use super::field::grid_flops;
use super::measure::{Row, repeat};
use super::samples;
use crate::camera::ImageView;
use crate::field::Architecture;
use crate::render::{EvaluatorKind, ImageFrame, Offscreen, ViewMode};

/// Side of the viewport.
const SIDE_PX: u32 = 512;

/// Every mode of the image pass, at rest, to the last pixel; and who drew it.
pub(super) fn passes(
    seconds: f64,
    own: &Architecture,
    kind: EvaluatorKind,
) -> anyhow::Result<(String, Vec<Row>)> {
    let mut screen = Offscreen::open(kind, SIDE_PX, SIDE_PX)?;
    let adapter =
        format!("{} ({}, {})", screen.adapter().name, screen.adapter().kind, screen.adapter().backend);
    let source = samples::signal(256)?.reference;
    let record = samples::record(own, 256)?;
    let whole = dvec2(256.0, 256.0);
    let size = dvec2(f64::from(SIDE_PX), f64::from(SIDE_PX));
    let frame = |mode| ImageFrame {
        view: ImageView::fit(whole, size),
        viewport_px: (SIDE_PX, SIDE_PX),
        picture_px: (256, 256),
        mode,
        split: 0.5,
        error_scale: 4.0,
        background: [0.1; 3],
        is_moving: false,
    };
    let who = match kind {
        EvaluatorKind::Cpu => "CPU",
        EvaluatorKind::Gpu => "WGSL",
    };
    let mut rows = Vec::new();
    // A new record each time: the same one would be shown from what is there.
    let times = repeat(seconds, || {
        Ok(screen.draw(Some(Arc::new(record.clone())), Some(Arc::clone(&source)), &frame(ViewMode::Field))?)
    })?;
    let flops = grid_flops(own, SIDE_PX);
    rows.push(
        Row::of(format!("the field to the last pixel at {SIDE_PX}x{SIDE_PX}, {who} evaluator"), &times)
            .with_flops(flops)
            .with_note("with its overview"),
    );
    let record = Arc::new(record);
    for (name, mode) in [
        ("field", ViewMode::Field),
        ("source", ViewMode::Source),
        ("split", ViewMode::Split),
        ("error", ViewMode::Error),
        ("nearest", ViewMode::Nearest),
        ("bicubic", ViewMode::Bicubic),
    ] {
        let times = repeat(seconds / 4.0, || {
            Ok(screen.draw(Some(Arc::clone(&record)), Some(Arc::clone(&source)), &frame(mode))?)
        })?;
        let bytes = 4 * (SIDE_PX * SIDE_PX) as usize;
        rows.push(Row::of(format!("screen pass, {name}, {SIDE_PX}x{SIDE_PX}"), &times).with_bytes(bytes));
    }
    Ok((adapter, rows))
}
