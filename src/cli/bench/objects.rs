//! Objects: baking, drawing, meshing, a training step.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::measure::{Row, repeat};
use crate::camera::Orbit;
use crate::dataset::FOCAL;
use crate::export::{MESH_THRESHOLD, Mesh};
use crate::field::{Bake, CropBox, FieldRecord, Occupancy, Sampling, Tracer};
use crate::render::{
    Backdrop, FINER_AT_REST, FINER_MOVING, RenderError, VolumeFrame, VolumeMode, VolumeOffscreen,
};

/// The picture that is drawn.
const SIDE_PX: u32 = 512;
/// Samples of a ray.
const SAMPLES: usize = 64;
/// Rays of the picture that is drawn without skipping: one in so many, for all take minutes.
const ONE_IN: usize = 16;
/// Side of the exact picture by WGSL where a software rasteriser runs it.
const SOFTWARE_PX: u32 = 64;

/// Everything that is drawn of an object's field.
pub(super) fn drawing(seconds: f64, record: &FieldRecord) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let times = repeat(seconds, || Ok(Occupancy::of(record)))?;
    let occupancy = Occupancy::of(record);
    let side = occupancy.side();
    let flops = record.field.architecture().flops_per_point();
    let corners = (side as u64 + 1).pow(3);
    let filled = 100.0 * occupancy.filled();
    rows.push(
        Row::of(format!("object: occupancy, {side}^3 cells"), &times)
            .with_flops(corners * flops)
            .with_note(format!("{filled:.0} % of the cells are occupied")),
    );
    let place = Orbit::canonical(FOCAL).seen_from(0.6, 0.3);
    let camera = place.camera(SIDE_PX, SIDE_PX);
    let (rays, grid) = (camera.pixel_rays(), camera.ray_grid());
    let Some(sampling) = Sampling::of(record, SAMPLES) else { return Ok(rows) };
    for finer in [FINER_MOVING, FINER_AT_REST] {
        let times = repeat(seconds, || Ok(Bake::of(record, occupancy.clone(), finer)))?;
        let bake = Bake::of(record, occupancy.clone(), finer);
        let voxels = occupancy.cells_of_unit_cube() * finer;
        let [x, y, z] = bake.size();
        rows.push(
            Row::of(format!("object: bake, {voxels} voxels a side"), &times)
                .with_note(format!("{x}x{y}x{z} nodes")),
        );
        let name = format!("object: {SIDE_PX}x{SIDE_PX} from that bake, on the CPU");
        let ray = |x: usize, y: usize| grid.pixel(x as u32, y as u32);
        let size = [SIDE_PX as usize; 2];
        let times = repeat(seconds, || Ok(bake.draw_picture(&ray, size, &sampling, &CropBox::ALL)))?;
        rows.push(Row::of(name.clone(), &times));
        let times = repeat(seconds, || Ok(bake.draw(&rays, &sampling, &CropBox::ALL)))?;
        rows.push(Row::of(format!("{name}, every ray"), &times));
    }
    let voxels = occupancy.cells_of_unit_cube() * FINER_AT_REST;
    let bake = Arc::new(Bake::of(record, occupancy, FINER_AT_REST));
    let tracer = Tracer::new(record, Arc::clone(&bake));
    let traced = tracer.trace(&rays, &sampling, &CropBox::ALL);
    let evaluated: u64 = traced.iter().map(|traced| u64::from(traced.evaluated)).sum();
    let all = (rays.len() * SAMPLES) as u64;
    let times = repeat(seconds, || Ok(tracer.trace(&rays, &sampling, &CropBox::ALL)))?;
    let spared = 100.0 * (1.0 - evaluated as f64 / all as f64);
    rows.push(
        Row::of(format!("object: {SIDE_PX}x{SIDE_PX}x{SAMPLES} exactly, skipping"), &times)
            .with_flops(evaluated * flops)
            .with_note(format!("{spared:.0} % of {:.0} GFLOP spared", (all * flops) as f64 / 1e9)),
    );
    let some: Vec<[f32; 6]> = rays.iter().skip(ONE_IN / 2).step_by(ONE_IN).copied().collect();
    let times = repeat(seconds, || Ok(record.trace_between(&some, &sampling)))?;
    rows.push(
        Row::of(format!("object: one ray in {ONE_IN} of it, every sample"), &times)
            .with_flops((some.len() * SAMPLES) as u64 * flops),
    );
    rows.extend(by_wgsl(seconds, record, &bake, place)?);
    let times = repeat(seconds, || {
        let mut goes_on = |_| ControlFlow::Continue(());
        Ok(Mesh::of(record, &bake, MESH_THRESHOLD, &CropBox::ALL, &mut goes_on).ok())
    })?;
    rows.push(Row::of(format!("object: mesh from a bake of {voxels} voxels a side"), &times));
    Ok(rows)
}

/// What a graphics device draws in the place of the CPU, with reading the picture back; nothing where there is none.
fn by_wgsl(seconds: f64, record: &FieldRecord, bake: &Bake, place: Orbit) -> anyhow::Result<Vec<Row>> {
    let mut screen = match VolumeOffscreen::open(record, bake) {
        Err(RenderError::NoAdapter) => return Ok(Vec::new()),
        screen => screen?,
    };
    let Some(sampling) = Sampling::of(record, SAMPLES) else { return Ok(Vec::new()) };
    let (name, is_software) = (screen.adapter().name.clone(), screen.adapter().is_software);
    let frame = |side| VolumeFrame {
        place,
        viewport_px: (side, side),
        mode: VolumeMode::Color,
        crop: CropBox::of_bake(),
        backdrop: Backdrop::Checker,
        samples: SAMPLES,
        is_moving: false,
    };
    let times = repeat(seconds, || Ok(screen.draw_baked(&frame(SIDE_PX), &sampling)?))?;
    let baked = Row::of(format!("object: {SIDE_PX}x{SIDE_PX} from a bake, by WGSL"), &times).with_note(name);
    let side = if is_software { SOFTWARE_PX } else { SIDE_PX };
    let (_, evaluated) = screen.draw_exact(&frame(side), &sampling)?;
    let times = repeat(seconds, || Ok(screen.draw_exact(&frame(side), &sampling)?))?;
    let exact = Row::of(format!("object: {side}x{side}x{SAMPLES} exactly, skipping, by WGSL"), &times)
        .with_flops(evaluated * record.field.architecture().flops_per_point());
    Ok(vec![baked, exact])
}
