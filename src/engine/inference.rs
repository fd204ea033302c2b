//! The worker that owns the model, and with it everything of burn.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::report::{End, Failure, Report, Token};
use super::{Encoded, Event, ItemId, JobId, ModelInfo, Origin, Stage, Timings, files};
use crate::field::Region;
use crate::media::{ImageSignal, Picture};
use crate::model::{Model, SignalKind, normalise};
use crate::train::quality;

/// What this worker does.
pub(super) enum ModelJob {
    /// Write the field of a picture, which took this long to read.
    Encode { job: JobId, item: ItemId, signal: Arc<ImageSignal>, decode: Duration },
    /// Make a checkpoint the model; `None` is the bundled one.
    Load { job: JobId, item: Option<ItemId>, origin: Option<Origin> },
}

pub(super) fn work(jobs: &Receiver<(Token, ModelJob)>, report: &Report) {
    let mut model: Option<Model> = None;
    for (token, job) in jobs {
        match job {
            ModelJob::Encode { job, item, signal, decode } => {
                report
                    .run(job, Some(item), &token, || encode(&mut model, job, item, &signal, decode, report));
            }
            ModelJob::Load { job, item, origin } => report.run(job, item, &token, || {
                report.stage(job, Stage::LoadingModel, None);
                let loaded = load(origin)?;
                let info = describe(&loaded);
                model = Some(loaded);
                Ok(End::With(Event::ModelReady { job, info }))
            }),
        }
    }
}

fn encode(
    model: &mut Option<Model>,
    job: JobId,
    item: ItemId,
    signal: &ImageSignal,
    decode: Duration,
    report: &Report,
) -> Result<End, Failure> {
    let model = match model {
        Some(model) => model,
        empty @ None => {
            report.stage(job, Stage::LoadingModel, None);
            empty.insert(load(None)?)
        }
    };
    report.stage(job, Stage::Encoding, None);
    let generated = model.encode_image(signal)?;
    let reference: &Picture = &signal.reference;
    let values = generated.record.render(reference.width(), reference.height(), Region::WHOLE);
    let parts = generated.timings;
    let timings = Timings {
        decode,
        backbone: parts.prepare + parts.backbone,
        heads: parts.heads,
        compose: parts.compose,
    };
    let encoded = Encoded {
        record: Arc::new(generated.record),
        quality: Some(quality(&values, reference)),
        timings: Some(timings),
    };
    Ok(End::With(Event::Encoded { job, item, encoded }))
}

/// Load and warm up: the first pass through a network prepares what later ones find ready.
fn load(origin: Option<Origin>) -> Result<Model, Failure> {
    let model = match origin {
        None => Model::bundled(SignalKind::Image)?,
        Some(origin) => {
            let beside = match &origin {
                Origin::Path(path) => path.parent().map(PathBuf::from),
                Origin::Bytes { .. } => None,
            };
            let (name, bytes) = files::read(origin)?;
            Model::load(&name, &bytes, &beside.into_iter().collect::<Vec<_>>())?
        }
    };
    if model.config().kind != SignalKind::Image {
        return Err(super::EngineError::ForObjects { what: "model" }.into());
    }
    if let Some(grey) = Picture::new(1, 1, vec![1 << 15; 3]) {
        model.warm_up(&normalise(&grey, model.config().input_size as u32))?;
    }
    Ok(model)
}

fn describe(model: &Model) -> ModelInfo {
    let config = model.config();
    let info = model.info();
    ModelInfo {
        identity: model.identity.clone(),
        summary: model.summary(),
        num_params: info.parameters.total(),
        field_params: config.field.num_params(),
        input_side_px: config.input_size as u32,
    }
}
