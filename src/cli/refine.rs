use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

use super::args::RefineArgs;
use super::{output, source};
use crate::storage::Precision;
use crate::train::{Closeness, Refiner};

/// Between two movements of the bar.
const SLICE: Duration = Duration::from_millis(100);

#[derive(Serialize)]
struct Report {
    output: PathBuf,
    before: Closeness,
    after: Closeness,
    steps: u32,
    seconds: f64,
    ms_per_step: f64,
}

pub(super) fn run(args: &RefineArgs) -> anyhow::Result<()> {
    let record = source::field(&args.field)?;
    let reference = source::reference(&record, &args.input, &args.framing, args.views)?;
    let before = reference.closeness(&record);
    let config = args.refining.config(args.steps, &reference);
    let begun = Instant::now();
    let mut refiner = Refiner::new(&record, reference, config)?;
    let bar =
        output::bar(u64::from(config.steps), "{bar:30} {pos}/{len} steps, {per_sec}, {msg}, {eta} left");
    while !refiner.is_finished() {
        let progress = refiner.advance(SLICE)?;
        bar.set_position(u64::from(progress.step));
        bar.set_message(format!("{:.2} dB", progress.psnr_db));
    }
    bar.finish_and_clear();
    let steps = refiner.progress().step;
    let (refined, after) = refiner.best();
    let seconds = begun.elapsed().as_secs_f64();
    refined.write(&args.output, Precision::F32).with_context(|| args.output.display().to_string())?;
    let ms_per_step = seconds * 1e3 / f64::from(steps.max(1));
    let report = Report { output: args.output.clone(), before, after, steps, seconds, ms_per_step };
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!(
        "{before} before; {after} after {steps} steps in {seconds:.1} s; {}",
        args.output.display()
    ));
    Ok(())
}
