use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Serialize;

use super::convert_args::ConvertArgs;
use super::{output, source};
use crate::field::FieldRecord;
use crate::model::{self, Checkpoint, cpu_device};
use crate::storage::{Identity, Precision, write_atomically};
use crate::train::HELD_OUT_NOTE;

/// The note of a file that was written from another one.
const CONVERTED_NOTE: &str = "converted_from";
/// The note of a model that is the mean of several.
const MEAN_NOTE: &str = "mean_of";

#[derive(Serialize)]
struct Report {
    output: PathBuf,
    bytes_before: usize,
    bytes: usize,
    sha256: String,
}

pub(super) fn run(args: &ConvertArgs) -> anyhow::Result<()> {
    let context = || args.file.display().to_string();
    let given = source::bytes(&args.file)?;
    let precision = if args.half { Precision::F16 } else { Precision::F32 };
    let origin = Identity::of(source::name(&args.file), &given).to_string();
    let written = if FieldRecord::is_field(&given) {
        if args.whole || !args.mean.is_empty() {
            bail!("{}: --whole and --mean are for models, and this is a field", args.file.display());
        }
        let mut record = FieldRecord::from_bytes(&given).with_context(context)?;
        record.extra.insert(CONVERTED_NOTE.into(), origin);
        record.to_bytes(precision).with_context(context)?
    } else if model::is_checkpoint(&given) {
        let mut checkpoint = checkpoint(&args.file, &given)?;
        if args.mean.is_empty() {
            checkpoint.notes.insert(CONVERTED_NOTE.into(), origin);
        } else {
            checkpoint = mean(checkpoint, origin, &args.mean).with_context(context)?;
        }
        if args.whole {
            checkpoint.backbone_sha256 = None;
        }
        if args.half && checkpoint.backbone_sha256.is_some() {
            bail!(
                "{}: 16 bits are for the backbone, which this model leaves out; --whole puts it in",
                args.file.display()
            );
        }
        checkpoint.to_bytes(precision).with_context(context)?
    } else {
        bail!("{}: this is neither a model nor a field; inspect says what it is", args.file.display());
    };
    write_atomically(&args.output, |out| out.write_all(&written))
        .with_context(|| args.output.display().to_string())?;
    let report = Report {
        output: args.output.clone(),
        bytes_before: given.len(),
        bytes: written.len(),
        sha256: Identity::of(source::name(&args.output), &written).sha256,
    };
    if args.json {
        return output::json(&report);
    }
    output::line(format_args!("{}: {} bytes, {} before", report.output.display(), report.bytes, given.len()));
    output::line(format_args!("sha256 {}", report.sha256));
    Ok(())
}

/// A model with its backbone, which is looked for beside it where it leaves that out.
fn checkpoint(path: &Path, bytes: &[u8]) -> anyhow::Result<Checkpoint> {
    let beside: Vec<PathBuf> = path.parent().map(Into::into).into_iter().collect();
    Checkpoint::from_bytes(bytes, &beside, &cpu_device()).with_context(|| path.display().to_string())
}

/// The mean of a model and others, with a note of which they are. How the first one was trained stays; its figure is not
/// the mean's.
fn mean(first: Checkpoint, origin: String, others: &[PathBuf]) -> anyhow::Result<Checkpoint> {
    let (mut origins, mut checkpoints) = (vec![origin], Vec::new());
    for path in others {
        let bytes = source::bytes(path)?;
        origins.push(Identity::of(source::name(path), &bytes).to_string());
        checkpoints.push(checkpoint(path, &bytes)?);
    }
    let mut mean = first.mean_with(&checkpoints)?;
    mean.notes.remove(HELD_OUT_NOTE);
    mean.notes.insert(MEAN_NOTE.into(), origins.join(", "));
    Ok(mean)
}
