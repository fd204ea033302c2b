use std::collections::HashMap;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Serialize;

use super::args::EncodeArgs;
use super::{output, source};
use crate::dataset::ViewSet;
use crate::media::{self, Content};
use crate::model::{Model, SignalKind};
use crate::storage::Precision;
use crate::train::{Closeness, Reference};

#[derive(Serialize)]
struct Row {
    input: PathBuf,
    output: PathBuf,
    #[serde(flatten)]
    closeness: Closeness,
    /// How large the reference is.
    size: String,
    /// Of all fields.
    parameters: usize,
    bytes: usize,
    decode_ms: f64,
    backbone_ms: f64,
    heads_ms: f64,
    compose_ms: f64,
}

pub(super) fn run(args: &EncodeArgs) -> anyhow::Result<()> {
    let outputs = outputs(args)?;
    let is_sound = |path: &PathBuf| matches!(media::content_of_file(path), Ok(Content::Sound));
    let usual = if args.inputs.iter().all(is_sound) { SignalKind::Sound } else { SignalKind::Image };
    let kind = args.kind.map_or(usual, Into::into);
    let model = source::model(args.model.as_deref(), kind)?;
    if args.kind.is_some() && model.config().kind != kind {
        bail!("this model is for another kind of signal; leave out --kind, or name another --model");
    }
    if let Some(folder) = args.output.as_ref().filter(|_| args.inputs.len() > 1) {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut rows = Vec::new();
    let mut failed = 0;
    for (input, output) in args.inputs.iter().zip(outputs) {
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

/// Where the field of each input goes.
///
/// # Errors
/// If two of them would go into one file.
fn outputs(args: &EncodeArgs) -> anyhow::Result<Vec<PathBuf>> {
    if let (Some(path), [_]) = (&args.output, args.inputs.as_slice()) {
        return Ok(vec![path.clone()]);
    }
    let folder = args.output.as_deref().unwrap_or(Path::new(""));
    let mut taken: HashMap<PathBuf, &Path> = HashMap::new();
    let mut outputs = Vec::with_capacity(args.inputs.len());
    for input in &args.inputs {
        let mut name = name_of(input);
        name.push(".field.safetensors");
        let output = folder.join(name);
        if let Some(other) = taken.insert(output.clone(), input) {
            bail!(
                "{} and {} would both be written to {}: encode them one by one, each with its own --output",
                other.display(),
                input.display(),
                output.display()
            );
        }
        outputs.push(output);
    }
    Ok(outputs)
}

/// What an input is called: a file by its name without the ending, the views of an object by their folder.
fn name_of(input: &Path) -> OsString {
    let name = ViewSet::name_at(input);
    let is_own = input.file_name().is_some_and(|own| own == name) && !input.is_dir();
    input.file_stem().filter(|_| is_own).map_or(name, ToOwned::to_owned)
}

fn encode(model: &Model, input: &Path, output: PathBuf, args: &EncodeArgs) -> anyhow::Result<Row> {
    let begun = Instant::now();
    let is_framed = args.framing.framing.is_some() || args.framing.reference.is_some();
    if is_framed && model.config().kind != SignalKind::Image {
        bail!("--framing and --reference are for models of pictures, and this one is of others");
    }
    let (generated, reference, decode_ms): (_, Reference, _) = match model.config().kind {
        SignalKind::Image => {
            let signal = source::signal(input, &args.framing)?;
            let decode_ms = output::ms(begun.elapsed());
            let generated = model.encode_image(&signal)?;
            (generated, Arc::clone(&signal.reference).into(), decode_ms)
        }
        SignalKind::Object => {
            let (views, identity) =
                source::views(input, args.views, model.config().input_size as u32, model.config().depths)?;
            let decode_ms = output::ms(begun.elapsed());
            let generated = model.encode_object(&views, Some(identity))?;
            (generated, views.into(), decode_ms)
        }
        SignalKind::Sound => {
            let signal = source::sound(input)?;
            let decode_ms = output::ms(begun.elapsed());
            // Before the work, and not after it.
            model.layout_of(&signal)?.check_file(model.config().field.layers)?;
            let bar = output::bar(100, "{bar:30} {percent} %, {eta} left");
            let written = model.encode_sound(&signal, &mut |part| {
                bar.set_position((100.0 * part) as u64);
                ControlFlow::Continue(())
            })?;
            bar.finish_and_clear();
            let Some(generated) = written else { bail!("the encoding was stopped") };
            let reference = source::sound_for(&generated.record, &signal);
            (generated, reference.into(), decode_ms)
        }
    };
    let precision = if args.half { Precision::F16 } else { Precision::F32 };
    let bytes = generated.record.to_bytes(precision)?;
    generated.record.write(&output, precision).with_context(|| output.display().to_string())?;
    let timings = generated.timings;
    Ok(Row {
        input: input.into(),
        output,
        closeness: reference.closeness(&generated.record),
        size: source::size(&reference),
        parameters: generated.record.fields().map(|field| field.architecture().num_params()).sum(),
        bytes: bytes.len(),
        decode_ms,
        backbone_ms: output::ms(timings.prepare + timings.backbone),
        heads_ms: output::ms(timings.heads),
        compose_ms: output::ms(timings.compose),
    })
}

fn print(row: &Row) {
    output::line(format_args!(
        "{}: {} at {}; {} parameters; decoded in {:.0} ms, encoded in {:.0} ms; {}",
        row.input.display(),
        row.closeness,
        row.size,
        row.parameters,
        row.decode_ms,
        row.backbone_ms + row.heads_ms + row.compose_ms,
        row.output.display()
    ));
}
