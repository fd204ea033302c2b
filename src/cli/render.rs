use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Serialize;

use super::args::RenderArgs;
use super::film::still_config;
use super::values::{DeviceName, Size};
use super::{output, source};
use crate::export::{Still, still_bytes};
use crate::field::{FieldKind, FieldRecord, Region, Tracer};
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
    if record.sound().is_some() {
        bail!("{}: this is the field of a sound; evaluate it with synth, or play it", args.field.display());
    }
    let begun = Instant::now();
    if matches!(record.kind, FieldKind::Object { .. }) {
        let still = object(&record, args)?;
        let evaluate_ms = output::ms(begun.elapsed());
        still.write(&args.output)?;
        return report(args, "cpu", evaluate_ms);
    }
    let (device, values) = match args.device {
        _ if args.view.is_some() => bail!("--view is for objects, and this is the field of a picture"),
        DeviceName::Cpu => ("cpu", record.render(width, height, region)),
        DeviceName::Gpu => ("gpu", render_gpu(&record, width, height, region)?),
    };
    let evaluate_ms = output::ms(begun.elapsed());
    media::write_picture(&args.output, width, height, &values)
        .with_context(|| args.output.display().to_string())?;
    report(args, device, evaluate_ms)
}

fn report(args: &RenderArgs, device: &'static str, evaluate_ms: f64) -> anyhow::Result<()> {
    let Size { width, height } = args.size;
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

/// An object from a place.
fn object(record: &FieldRecord, args: &RenderArgs) -> anyhow::Result<Still> {
    if args.device == DeviceName::Gpu {
        bail!("objects are evaluated by the CPU; leave out --device");
    }
    if args.region.0 != Region::WHOLE {
        bail!("--region is for pictures; choose what is seen of an object by --view");
    }
    let place = args.view.unwrap_or_default().orbit();
    let bytes = still_bytes(&args.output, args.size.width, args.size.height);
    output::note(format_args!("about {}", output::size(bytes)));
    let tracer = Tracer::of(record);
    let config = still_config(&args.drawing, args.size);
    Ok(Still::draw(record, &tracer, &place, &config, &mut |_| std::ops::ControlFlow::Continue(()))?)
}
