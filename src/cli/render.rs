use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use glam::{DVec2, dvec2};
use serde::Serialize;

use super::args::RenderArgs;
use super::values::{DeviceName, ViewArg};
use super::{output, source};
use crate::camera::{Camera, Intrinsics};
use crate::field::{FieldKind, FieldRecord, Region};
use crate::media;
use crate::render::render_gpu;

#[derive(Serialize)]
struct Report {
    output: PathBuf,
    width: u32,
    height: u32,
    device: &'static str,
    evaluate_ms: f64,
}

pub(super) fn run(args: &RenderArgs) -> anyhow::Result<()> {
    media::check_extension(&args.output)?;
    let record = source::field(&args.field)?;
    let (width, height) = (args.size.width, args.size.height);
    let region = args.region.0;
    let begun = Instant::now();
    let (device, values) = match args.device {
        _ if matches!(record.kind, FieldKind::Object { .. }) => ("cpu", object(&record, args)?),
        _ if args.view.is_some() => bail!("--view is for objects, and this is the field of a picture"),
        DeviceName::Cpu => ("cpu", record.render(width, height, region)),
        DeviceName::Gpu => ("gpu", render_gpu(&record, width, height, region)?),
    };
    let evaluate_ms = output::ms(begun.elapsed());
    media::write_picture(&args.output, width, height, &values)
        .with_context(|| args.output.display().to_string())?;
    let report = Report { output: args.output.clone(), width, height, device, evaluate_ms };
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!(
        "{width}x{height} px evaluated in {evaluate_ms:.0} ms on the {device}; {}",
        args.output.display()
    ));
    Ok(())
}

/// An object on white.
fn object(record: &FieldRecord, args: &RenderArgs) -> anyhow::Result<Vec<f32>> {
    if args.device == DeviceName::Gpu {
        bail!("objects are evaluated by the CPU; leave out --device");
    }
    if args.region.0 != Region::WHOLE {
        bail!("--region is for pictures; choose what is seen of an object by --view");
    }
    let ViewArg { azimuth_deg, elevation_deg, distance, fov_deg } = args.view.unwrap_or_default();
    let (width, height) = (args.size.width, args.size.height);
    // The angle is that of the shorter side.
    let focal_px = f64::from(width.min(height)) / 2.0 / (fov_deg.to_radians() / 2.0).tan();
    let intrinsics = Intrinsics {
        width,
        height,
        focal_px: DVec2::splat(focal_px),
        principal_px: dvec2(width.into(), height.into()) / 2.0,
    };
    let camera = Camera::orbiting(azimuth_deg.to_radians(), elevation_deg.to_radians(), distance, intrinsics);
    let seen = record.trace(&camera.pixel_rays(), args.samples as usize);
    Ok(seen.iter().flat_map(|seen| seen.on([1.0; 3])).collect())
}
