use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Serialize;

use super::args::EncodeArgs;
use super::{output, source};
use crate::model::{Model, SignalKind};
use crate::storage::Precision;
use crate::train::Quality;

#[derive(Serialize)]
struct Row {
    input: PathBuf,
    output: PathBuf,
    #[serde(flatten)]
    quality: Quality,
    /// Of the reference, in pixels.
    width: u32,
    height: u32,
    parameters: usize,
    bytes: usize,
    decode_ms: f64,
    backbone_ms: f64,
    heads_ms: f64,
    compose_ms: f64,
}

pub(super) fn run(args: &EncodeArgs) -> anyhow::Result<()> {
    let kind = args.kind.map_or(SignalKind::Image, Into::into);
    let model = source::model(args.model.as_deref(), kind)?;
    if args.kind.is_some() && model.config().kind != kind {
        bail!("this model is for another kind of signal; leave out --kind, or name another --model");
    }
    let folder = match &args.output {
        Some(path) if args.inputs.len() > 1 => {
            std::fs::create_dir_all(path).with_context(|| path.display().to_string())?;
            Some(path.as_path())
        }
        _ => None,
    };
    let mut rows = Vec::new();
    let mut failed = 0;
    for input in &args.inputs {
        let output = match (&args.output, folder) {
            (Some(path), None) => path.clone(),
            (_, folder) => default_output(input, folder),
        };
        match encode(&model, input, output, args) {
            Ok(row) => {
                if !args.json {
                    print(&row);
                }
                rows.push(row);
            }
            Err(err) if args.inputs.len() == 1 => return Err(err),
            Err(err) => {
                output::complain(&err);
                failed += 1;
            }
        }
    }
    if args.json {
        output::json(&rows)?;
    }
    if failed > 0 {
        bail!("{failed} of {} inputs could not be encoded", args.inputs.len());
    }
    Ok(())
}

fn default_output(input: &Path, folder: Option<&Path>) -> PathBuf {
    let mut name = input.file_stem().unwrap_or(input.as_os_str()).to_owned();
    name.push(".field.safetensors");
    folder.unwrap_or(Path::new("")).join(name)
}

fn encode(model: &Model, input: &Path, output: PathBuf, args: &EncodeArgs) -> anyhow::Result<Row> {
    let begun = Instant::now();
    let (generated, quality, (width, height), decode_ms) = match model.config().kind {
        SignalKind::Image => {
            let signal = source::signal(input, &args.framing)?;
            let decode_ms = output::ms(begun.elapsed());
            let generated = model.encode_image(&signal)?;
            let (quality, size_px) =
                source::compare(&generated.record, &Arc::clone(&signal.reference).into());
            (generated, quality, size_px, decode_ms)
        }
        SignalKind::Object => {
            if args.framing.framing.is_some() || args.framing.reference.is_some() {
                bail!("--framing and --reference are for pictures, and this model reads objects");
            }
            let (views, identity) = source::views(input, args.views, model.config().input_size as u32)?;
            let decode_ms = output::ms(begun.elapsed());
            let generated = model.encode_object(&views, Some(identity))?;
            let (quality, size_px) = source::compare(&generated.record, &views.into());
            (generated, quality, size_px, decode_ms)
        }
    };
    let precision = if args.half { Precision::F16 } else { Precision::F32 };
    let bytes = generated.record.to_bytes(precision)?;
    generated.record.write(&output, precision).with_context(|| output.display().to_string())?;
    let timings = generated.timings;
    Ok(Row {
        input: input.into(),
        output,
        quality,
        width,
        height,
        parameters: generated.record.field.architecture().num_params(),
        bytes: bytes.len(),
        decode_ms,
        backbone_ms: output::ms(timings.prepare + timings.backbone),
        heads_ms: output::ms(timings.heads),
        compose_ms: output::ms(timings.compose),
    })
}

fn print(row: &Row) {
    let Quality { psnr_db, ssim } = row.quality;
    output::line(format_args!(
        "{}: {psnr_db:.2} dB, SSIM {ssim:.3} at {}x{} px; {} parameters; decoded in {:.0} ms, encoded in {:.0} ms; {}",
        row.input.display(),
        row.width,
        row.height,
        row.parameters,
        row.decode_ms,
        row.backbone_ms + row.heads_ms + row.compose_ms,
        row.output.display()
    ));
}
