use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use serde::Serialize;

use super::args::RenderArgs;
use super::values::DeviceName;
use super::{output, source};
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
