//! The worker that owns the model, and with it everything of burn.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::report::{End, Failure, Report, Token};
use super::{Encoded, Event, ItemId, JobId, ModelInfo, Origin, Stage, Timings, files};
use crate::camera::{Camera, Intrinsics};
use crate::dataset::FOCAL;
use crate::field::FieldRecord;
use crate::limits;
use crate::media::{Picture, Signal};
use crate::model::{Model, SignalKind};
use crate::train::Reference;

/// What this worker does.
pub(super) enum ModelJob {
    /// Write the field of a picture, which took this long to read.
    Encode { job: JobId, item: ItemId, signal: Signal, decode: Duration },
    /// Make a checkpoint the model of its kind; `None` is the bundled one of this kind.
    Load { job: JobId, item: Option<ItemId>, kind: SignalKind, origin: Option<Origin> },
}

pub(super) fn work(jobs: &Receiver<(Token, ModelJob)>, report: &Report) {
    let mut models = Models::default();
    for (token, job) in jobs {
        match job {
            ModelJob::Encode { job, item, signal, decode } => {
                let work = EncodeJob { job, item, signal, decode };
                report.run(job, Some(item), &token, || encode(&mut models, &work, &token, report));
            }
            ModelJob::Load { job, item, kind, origin } => report.run(job, item, &token, || {
                report.stage(job, Stage::LoadingModel, None);
                let loaded = load(kind, origin)?;
                let info = describe(&loaded);
                *models.of(info.kind) = Some(loaded);
                Ok(End::With(Event::ModelReady { job, info }))
            }),
        }
    }
}

/// The model in use for each kind of signal.
#[derive(Default)]
struct Models {
    image: Option<Model>,
    object: Option<Model>,
    sound: Option<Model>,
}

/// A field to be written.
struct EncodeJob {
    job: JobId,
    item: ItemId,
    signal: Signal,
    /// How long it took to read.
    decode: Duration,
}

impl Models {
    fn of(&mut self, kind: SignalKind) -> &mut Option<Model> {
        match kind {
            SignalKind::Image => &mut self.image,
            SignalKind::Object => &mut self.object,
            SignalKind::Sound => &mut self.sound,
        }
    }
}

fn encode(models: &mut Models, work: &EncodeJob, token: &Token, report: &Report) -> Result<End, Failure> {
    let EncodeJob { job, item, ref signal, decode } = *work;
    let kind = match signal {
        Signal::Image(_) => SignalKind::Image,
        Signal::Object(_) | Signal::Views(_) => SignalKind::Object,
        Signal::Sound(_) => SignalKind::Sound,
    };
    let model = match models.of(kind) {
        Some(model) => model,
        empty @ None => {
            report.stage(job, Stage::LoadingModel, None);
            empty.insert(load(kind, None)?)
        }
    };
    report.stage(job, Stage::Encoding, None);
    let written = write_field(model, signal, &mut |part| {
        report.stage(job, Stage::Encoding, Some(part));
        !token.is_cancelled()
    })?;
    let Some(mut encoded) = written else { return Ok(End::Cancelled) };
    if let Some(timings) = &mut encoded.timings {
        timings.decode = decode;
    }
    Ok(End::With(Event::Encoded { job, item, encoded }))
}

/// Write the field of a signal and compare the two; `None` if it was broken off. `goes_on` is told how much of a sound
/// is done, and answers whether to go on.
pub(super) fn write_field(
    model: &Model,
    signal: &Signal,
    goes_on: &mut dyn FnMut(f32) -> bool,
) -> Result<Option<Encoded>, Failure> {
    let generated = match signal {
        Signal::Image(signal) => model.encode_image(signal)?,
        Signal::Object(signal) => {
            let views = [seen_from_front(signal.input(model.config().input_size as u32))];
            model.encode_object(&views, Some(signal.identity.clone()))?
        }
        // The first alone: models are trained on one view if nobody says otherwise.
        Signal::Views(signal) => {
            let (near, far) = signal.depths;
            if let Some((first, last)) = model.config().depths
                && (far <= f64::from(first) || near >= f64::from(last))
            {
                let what = &signal.identity.name;
                return Err(format!(
                    "{what}: its object lies at depths of {near:.2} to {far:.2} from cameras at 4, and the model looks at \
                     {first} to {last}: correct its near and far"
                )
                .into());
            }
            model.encode_object(&signal.views[..1], Some(signal.identity.clone()))?
        }
        Signal::Sound(signal) => {
            let mut progress = |part: f32| {
                if goes_on(part) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            match model.encode_sound(signal, &mut progress)? {
                Some(generated) => generated,
                None => return Ok(None),
            }
        }
    };
    let closeness = reference(signal, &generated.record).closeness(&generated.record);
    let parts = generated.timings;
    let timings = Timings {
        decode: Duration::ZERO,
        backbone: parts.prepare + parts.backbone,
        heads: parts.heads,
        compose: parts.compose,
    };
    let record = Arc::new(generated.record);
    Ok(Some(Encoded { record, closeness: Some(closeness), timings: Some(timings) }))
}

/// What a field is compared with and refined towards; of an object its views, or its picture on white, whatever the model was shown
/// it on; of a sound at the rate that the field's model read it.
pub(super) fn reference(signal: &Signal, record: &FieldRecord) -> Reference {
    match signal {
        Signal::Image(signal) => Arc::clone(&signal.reference).into(),
        Signal::Object(signal) => {
            Arc::new(vec![seen_from_front(signal.on([255; 3], limits::OBJECT_SIDE_PX))]).into()
        }
        Signal::Views(signal) => Arc::clone(&signal.views).into(),
        Signal::Sound(signal) => {
            let own = record.sound().map_or(limits::SOUND_RATE_HZ, |layout| layout.sample_rate_hz);
            signal.at_rate(own).into()
        }
    }
}

/// A plain picture of an object, seen from the canonical place.
fn seen_from_front(picture: Picture) -> (Picture, Camera) {
    let camera = Camera::canonical(Intrinsics::square(picture.width(), FOCAL));
    (picture, camera)
}

/// Load and warm up: the first pass through a network prepares what later ones find ready.
fn load(kind: SignalKind, origin: Option<Origin>) -> Result<Model, Failure> {
    let model = match origin {
        None => Model::bundled(kind)?,
        Some(origin) => {
            let beside = match &origin {
                Origin::Path(path) => path.parent().map(PathBuf::from),
                Origin::Bytes { .. } => None,
            };
            let (name, bytes) = files::read(origin)?;
            Model::load(&name, &bytes, &beside.into_iter().collect::<Vec<_>>())?
        }
    };
    model.warm_up()?;
    Ok(model)
}

fn describe(model: &Model) -> ModelInfo {
    let config = model.config();
    let info = model.info();
    ModelInfo {
        kind: config.kind,
        identity: model.identity.clone(),
        summary: model.summary(),
        num_params: info.parameters.total(),
        field_params: config.field.num_params(),
        input_side_px: config.input_size as u32,
    }
}
