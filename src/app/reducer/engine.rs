//! What the engine says.

use std::sync::Arc;

use super::{library, training};
use crate::app::action::Effect;
use crate::app::item::Item;
use crate::app::state::{Job, ModelState, NoticeKind, State, Work};
use crate::app::training::TrainingAction;
use crate::engine::{Encoded, Event, ItemId, JobId, ModelInfo, Origin, Preview};

/// Points that a curve keeps; beyond it every second one goes.
const MAX_CURVE_POINTS: usize = 2_048;

/// Hear an event.
pub(crate) fn hear(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Stage { job, stage, fraction } => {
            if let Some(job) = state.jobs.iter_mut().find(|known| known.id == job) {
                (job.stage, job.fraction) = (stage, fraction);
            }
        }
        Event::Opened { job, item, signal, thumbnail } => {
            let Some(item) = opening(state, item, job) else { return Vec::new() };
            let is_same_shape =
                signal.picture().is_some_and(|own| item.size_px() == (own.width(), own.height()));
            let is_first_look = item.signal.is_none();
            item.signal = Some(signal);
            if is_first_look {
                item.orbit = item.home();
            }
            item.thumbnail = Some(thumbnail);
            // The old field is of another picture; until the new one comes, the source is shown.
            item.encoded = None;
            item.view = item.view.filter(|_| is_same_shape);
            if let (Origin::Path(path), None) = (item.origin.clone(), item.sample) {
                state.settings.remember(&path);
            }
        }
        Event::Encoded { job, item, encoded } => {
            finish(state, job);
            written(state, item, job, encoded);
            let mut effects = library::find_surface(state, item);
            effects.extend(training::serve_selected(state));
            return effects;
        }
        Event::Refined { job, item, encoded, steps, rivals_db } => {
            finish(state, job);
            if refined(state, item, job, encoded, steps) {
                judge(state, item, &rivals_db);
            }
            return library::find_surface(state, item);
        }
        Event::Meshed { job, item, mesh } => {
            finish(state, job);
            let waits = |item: &&mut Item| item.surface.job == Some(job);
            if let Some(item) = state.item_mut(item).filter(waits) {
                item.surface.job = None;
                item.surface.mesh = Some(mesh);
            }
        }
        Event::Saved { job, path } => {
            finish(state, job);
            library::saved(state, &path);
        }
        Event::ModelReady { job, info } => return model_ready(state, job, info),
        Event::Inspected { job, item, summary, details } => {
            finish(state, job);
            let Some(item) = opening(state, item, job) else { return Vec::new() };
            let (id, message) = (item.id, format!("{}: {summary}", item.name));
            // Its answer arrived, so there is nothing left to cancel.
            item.opening = None;
            state.notify(NoticeKind::Info, message, details);
            // There is nothing to look at or to listen to.
            return library::remove(state, id);
        }
        Event::Cancelled { job } => {
            finish(state, job);
            for item in state.items.iter_mut().filter(|item| item.opening == Some(job)) {
                item.opening = None;
                if item.encoded.is_none() {
                    item.failure = Some("Cancelled; encode it again when you like".into());
                }
            }
            for item in &mut state.items {
                item.refinement.take_if(|refinement| refinement.job == job);
                item.surface.job.take_if(|own| *own == job);
            }
        }
        Event::Training { run, news } => {
            return training::act(state, TrainingAction::News(run, news));
        }
        Event::Failed { job, item, message, details } => {
            return failed(state, job, item, message, details);
        }
    }
    Vec::new()
}

/// Take a job off the list.
fn finish(state: &mut State, id: JobId) -> Option<Job> {
    let index = state.jobs.iter().position(|job| job.id == id)?;
    Some(state.jobs.remove(index))
}

/// The item, if this is the job that it waits for: any other answer is stale.
fn opening(state: &mut State, item: ItemId, job: JobId) -> Option<&mut Item> {
    state.item_mut(item).filter(|item| item.opening == Some(job))
}

fn written(state: &mut State, item: ItemId, job: JobId, encoded: Encoded) {
    let Some(item) = opening(state, item, job) else { return };
    item.opening = None;
    item.failure = None;
    item.direct = encoded.closeness;
    item.written = Some(Arc::clone(&encoded.record));
    item.encoded = Some(encoded);
    library::forget_curve(item);
    if let (Origin::Path(path), None) = (item.origin.clone(), item.sample) {
        state.settings.remember(&path);
    }
}

/// A field by the model that is being trained takes the place of the one at hand, unless something else is done to
/// that.
pub(crate) fn served(state: &mut State, item: ItemId, encoded: Encoded) {
    let is_free = |item: &&mut Item| item.opening.is_none() && item.refinement.is_none();
    let Some(item) = state.item_mut(item).filter(is_free) else { return };
    item.failure = None;
    item.direct = encoded.closeness;
    item.written = Some(Arc::clone(&encoded.record));
    item.encoded = Some(encoded);
    library::forget_curve(item);
}

fn refined(state: &mut State, item: ItemId, job: JobId, encoded: Encoded, steps: u32) -> bool {
    let waits = |item: &&mut Item| item.refinement.as_ref().is_some_and(|known| known.job == job);
    let Some(item) = state.item_mut(item).filter(waits) else { return false };
    item.refinement = None;
    item.steps_done += steps;
    if let Some(closeness) = encoded.closeness {
        add_point(&mut item.curve.measured, [f64::from(item.steps_done), closeness.psnr_db()]);
    }
    // A refined field keeps the timings of its encoding: they say how it came to be.
    let timings = encoded.timings.or(item.encoded.as_ref().and_then(|before| before.timings));
    item.encoded = Some(Encoded { timings, ..encoded });
    true
}

/// Say how a race between the model's weights and random ones ended.
fn judge(state: &mut State, item: ItemId, rivals_db: &[f64]) {
    let Some(item) = state.item_mut(item).filter(|_| !rivals_db.is_empty()) else { return };
    let steps = f64::from(item.steps_done);
    for (curve, psnr_db) in item.curve.rivals.iter_mut().zip(rivals_db) {
        add_point(curve, [steps, *psnr_db]);
    }
    let Some(own) = item.psnr_db() else { return };
    let count = rivals_db.len() as f64;
    let mean = rivals_db.iter().sum::<f64>() / count;
    let spread =
        (rivals_db.iter().map(|db| (db - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0)).sqrt();
    let catch_up = item.direct.map(|direct| {
        let reaches =
            |curve: &Vec<[f64; 2]>| curve.iter().copied().find(|point| point[1] >= direct.psnr_db());
        let first = item.curve.rivals.iter().filter_map(reaches).map(|point| point[0]).min_by(f64::total_cmp);
        match first {
            Some(step) => {
                format!("the first random start was as far after {step:.0} steps as the model at once")
            }
            None => "no random start came as far as the model was at once".to_owned(),
        }
    });
    let message = format!(
        "{}: {own:.2} dB from the model's weights, {mean:.2} ± {spread:.2} dB from {count:.0} random starts, after {steps:.0} steps; {}",
        item.name,
        catch_up.unwrap_or_default()
    );
    state.notify(NoticeKind::Info, message, "");
}

/// A refinement's field as it is now.
pub(crate) fn preview(state: &mut State, preview: Preview) -> Vec<Effect> {
    let Preview { job, item, record, progress, rivals_db } = preview;
    if let Some(known) = state.jobs.iter_mut().find(|known| known.id == job) {
        known.fraction = Some(progress.step as f32 / progress.steps.max(1) as f32);
    }
    let Some(item) = state.item_mut(item) else { return Vec::new() };
    let Some(refinement) = item.refinement.as_mut().filter(|known| known.job == job) else {
        return Vec::new();
    };
    let step = f64::from(refinement.steps_before + progress.step);
    refinement.record = Some(record);
    let before = refinement.progress.replace(progress);
    if before.is_some_and(|before| before.step >= progress.step) {
        return Vec::new();
    }
    add_point(&mut item.curve.batch, [step, progress.batch_psnr_db]);
    for (curve, psnr_db) in item.curve.rivals.iter_mut().zip(rivals_db) {
        if curve.last().is_none_or(|last| (last[1] - psnr_db).abs() > f64::EPSILON) {
            add_point(curve, [step, psnr_db]);
        }
    }
    // The figure stays until the next one is measured: only a change is a point.
    if item.curve.measured.last().is_none_or(|last| (last[1] - progress.psnr_db).abs() > f64::EPSILON) {
        add_point(&mut item.curve.measured, [step, progress.psnr_db]);
    }
    Vec::new()
}

/// Add a point that can be drawn.
fn add_point(points: &mut Vec<[f64; 2]>, point: [f64; 2]) {
    if !point[1].is_finite() {
        return;
    }
    points.push(point);
    if points.len() > MAX_CURVE_POINTS {
        let mut is_kept = false;
        points.retain(|_| {
            is_kept = !is_kept;
            is_kept
        });
    }
}

fn model_ready(state: &mut State, job: JobId, info: ModelInfo) -> Vec<Effect> {
    let kind = info.kind;
    let was_in_use = matches!(state.model(kind), ModelState::Ready(_));
    let Some(job) = finish(state, job) else { return Vec::new() };
    let summary = info.summary.clone();
    *state.model_mut(kind) = ModelState::Ready(info);
    let mut effects = Vec::new();
    // A checkpoint of last time may have become one of another kind: the bundled one is still there.
    if job.kind != kind && matches!(state.model(job.kind), ModelState::Loading) {
        *state.settings.model_of(job.kind) = None;
        effects = library::load_model(state, job.kind, None);
    }
    let path = match job.item {
        Some(item) => library::take_out_checkpoint(state, item),
        None => job.model,
    };
    *state.settings.model_of(kind) = path;
    if was_in_use || job.item.is_some() {
        state.notify(
            NoticeKind::Info,
            format!("The model is now {summary}; encode again to see what it writes"),
            "",
        );
    }
    effects
}

fn failed(
    state: &mut State,
    job: JobId,
    item: Option<ItemId>,
    message: String,
    details: String,
) -> Vec<Effect> {
    let Some(job) = finish(state, job) else { return Vec::new() };
    let mut effects = Vec::new();
    if job.work == Work::LoadModel && !matches!(state.model(job.kind), ModelState::Ready(_)) {
        *state.model_mut(job.kind) = ModelState::Absent(message.clone());
        // The checkpoint of last time is gone: the bundled one is still there.
        if job.model.is_some() {
            *state.settings.model_of(job.kind) = None;
            effects.extend(library::load_model(state, job.kind, None));
        }
    }
    let mut name = None;
    if let Some(item) = item.or(job.item).and_then(|id| state.item_mut(id)) {
        if item.opening == Some(job.id) {
            item.opening = None;
            item.failure = Some(message.clone());
        }
        item.refinement.take_if(|refinement| refinement.job == job.id);
        item.surface.job.take_if(|own| *own == job.id);
        name = Some((item.id, item.name.clone(), item.signal.is_none() && item.encoded.is_none()));
    }
    let message = match &name {
        Some((_, name, _)) if !message.contains(name.as_str()) => format!("{name}: {message}"),
        _ => message,
    };
    state.notify(NoticeKind::Error, message, details);
    // What could not be read at all does not stay in the library.
    if let Some((id, _, true)) = name {
        effects.extend(library::remove(state, id));
    }
    effects
}
