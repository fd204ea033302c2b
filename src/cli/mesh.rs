use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use super::args::MeshArgs;
use super::{film, output};
use crate::export::{Mesh, check_mesh, density_bytes, typical_mesh_bytes, write_density, write_mesh};
use crate::field::CropBox;

#[derive(Serialize)]
struct Report {
    output: PathBuf,
    corners: usize,
    triangles: usize,
    /// Nodes along a side, as they were in the end.
    grid: usize,
    seconds: f64,
}

#[derive(Serialize)]
struct DensityReport {
    output: PathBuf,
    /// Nodes along a side.
    grid: usize,
    seconds: f64,
}

pub(super) fn run(args: &MeshArgs) -> anyhow::Result<()> {
    if args.output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy")) {
        return density(args);
    }
    check_mesh(&args.output)?;
    let begun = Instant::now();
    let record = film::object(&args.field)?;
    let bytes = typical_mesh_bytes(&args.output, args.grid);
    output::note(format_args!("about {}", output::size(bytes)));
    let bar = output::bar(1_000, "{bar:30} {percent} %, {eta} left");
    let mut progress = |part: f32| {
        bar.set_position((part * 1_000.0) as u64);
        ControlFlow::Continue(())
    };
    let mesh = Mesh::find(&record, args.threshold, args.grid, &CropBox::ALL, &mut progress)?;
    write_mesh(&args.output, &mesh, &mut progress)?;
    bar.finish_and_clear();
    match mesh.grid.cmp(&args.grid) {
        Ordering::Less => output::note(format_args!(
            "the grid was lowered from {} to {} nodes along a side: more of them are not kept at once",
            args.grid, mesh.grid
        )),
        Ordering::Greater => output::note(format_args!(
            "the grid was rounded up from {} to {} nodes along a side",
            args.grid, mesh.grid
        )),
        Ordering::Equal => {}
    }
    let report = Report {
        output: args.output.clone(),
        corners: mesh.positions.len(),
        triangles: mesh.triangles.len(),
        grid: mesh.grid,
        seconds: begun.elapsed().as_secs_f64(),
    };
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!(
        "{} corners, {} triangles in {:.1} s; {}",
        report.corners,
        report.triangles,
        report.seconds,
        args.output.display()
    ));
    Ok(())
}

fn density(args: &MeshArgs) -> anyhow::Result<()> {
    let begun = Instant::now();
    let record = film::object(&args.field)?;
    output::note(output::size(density_bytes(args.grid)));
    let bar = output::bar(1_000, "{bar:30} {percent} %, {eta} left");
    write_density(&args.output, &record, args.grid, &mut |part| {
        bar.set_position((part * 1_000.0) as u64);
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    let report = DensityReport {
        output: args.output.clone(),
        grid: args.grid,
        seconds: begun.elapsed().as_secs_f64(),
    };
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!(
        "{0}x{0}x{0} nodes in {1:.1} s; {2}",
        report.grid,
        report.seconds,
        args.output.display()
    ));
    Ok(())
}
