use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;
use serde::Serialize;

use super::args::{DrawingArgs, TurntableArgs};
use super::values::{Size, ViewArg};
use super::{output, source};
use crate::export::{
    FilmConfig, StillConfig, camera_path, check_film, check_film_size, film_bytes, turntable, write_film,
};
use crate::field::{CropBox, FieldKind, FieldRecord, Tracer};

#[derive(Serialize)]
struct Report {
    output: PathBuf,
    frames: usize,
    width: u32,
    height: u32,
    seconds: f64,
}

pub(super) fn run(args: &TurntableArgs) -> anyhow::Result<()> {
    check_film(&args.output, args.output.exists())?;
    check_film_size(&args.output, (args.size.width, args.size.height), args.frames)?;
    let record = object(&args.field)?;
    let places: Vec<_> = args.view.iter().map(|view| view.orbit()).collect();
    let places = match places.as_slice() {
        [] => turntable(ViewArg::default().orbit(), args.frames),
        [only] => turntable(*only, args.frames),
        several => camera_path(several, args.frames),
    };
    let config = FilmConfig { still: still_config(&args.drawing, args.size), frames_per_sec: args.fps };
    let bytes = film_bytes(&args.output, &config, places.len());
    output::note(format_args!("{} pictures, about {}", places.len(), output::size(bytes)));
    let tracer = Tracer::of(&record);
    let begun = Instant::now();
    let bar = output::bar(1_000, "{bar:30} {percent} %, {eta} left");
    write_film(&args.output, &record, &tracer, &places, &config, &mut |part| {
        bar.set_position((part * 1_000.0) as u64);
        std::ops::ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    let Size { width, height } = args.size;
    let seconds = begun.elapsed().as_secs_f64();
    let report = Report { output: args.output.clone(), frames: places.len(), width, height, seconds };
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!(
        "{} pictures of {width}x{height} px in {seconds:.1} s; {}",
        report.frames,
        args.output.display()
    ));
    Ok(())
}

/// The field of an object.
pub(super) fn object(path: &std::path::Path) -> anyhow::Result<FieldRecord> {
    let record = source::field(path)?;
    if !matches!(record.kind, FieldKind::Object { .. }) {
        bail!("{}: this is the field of a picture, and this verb works on those of objects", path.display());
    }
    Ok(record)
}

pub(super) fn still_config(args: &DrawingArgs, size: Size) -> StillConfig {
    StillConfig {
        width: size.width,
        height: size.height,
        samples: args.samples as usize,
        crop: args.crop.map_or(CropBox::ALL, |crop| crop.0),
        background: args.behind.0,
    }
}
