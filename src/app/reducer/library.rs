//! What is in the library, and what the engine is asked to do with it.

use std::path::{Path, PathBuf};

use super::view;
use crate::app::action::Effect;
use crate::app::item::{Curve, Item, Refinement};
use crate::app::object_look::Surface;
use crate::app::samples::SAMPLES;
use crate::app::state::{Job, ModelState, NoticeKind, ShelfKey, State, Work};
use crate::engine::{Command, ItemId, JobId, MeshConfig, Origin, Reading, Stage};
use crate::media::{ObjectFraming, Signal};
use crate::model::SignalKind;

/// The model of last time, and small pictures for the shelf.
pub(crate) fn begin_all(state: &mut State) -> Vec<Effect> {
    let mut effects = load_model(state, SignalKind::Image, state.settings.model.clone());
    effects.extend(load_model(state, SignalKind::Object, state.settings.object_model.clone()));
    effects.extend(load_model(state, SignalKind::Sound, state.settings.sound_model.clone()));
    let samples =
        SAMPLES.iter().enumerate().map(|(index, sample)| (ShelfKey::Sample(index), sample.origin()));
    let recent = state.settings.recent.iter();
    let recent = recent.map(|path| (ShelfKey::Recent(path.clone()), Origin::Path(path.clone())));
    effects.push(Effect::Thumbnails(samples.chain(recent).collect()));
    effects
}

/// Put what was dropped in the library, and look at the first of it. What is open already is shown, and
/// read anew.
pub(crate) fn open(state: &mut State, origins: Vec<Origin>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut first = None;
    for origin in origins {
        let known = match &origin {
            Origin::Path(path) => find_path(state, path),
            Origin::Bytes { .. } => None,
        };
        let id = known.unwrap_or_else(|| add(state, origin, None));
        effects.extend(read(state, id));
        first.get_or_insert(id);
    }
    if let Some(id) = first {
        effects.extend(view::select(state, id));
    }
    effects
}

/// Open a sample or a recent file, or show it where it is open already.
pub(crate) fn open_shelf(state: &mut State, key: ShelfKey) -> Vec<Effect> {
    let known = match &key {
        ShelfKey::Sample(index) => {
            state.items.iter().find(|item| item.sample == Some(*index)).map(|item| item.id)
        }
        ShelfKey::Recent(path) => find_path(state, path),
    };
    if let Some(id) = known {
        return view::select(state, id);
    }
    let id = match key {
        ShelfKey::Recent(path) => add(state, Origin::Path(path), None),
        ShelfKey::Sample(index) => match SAMPLES.get(index) {
            Some(sample) => add(state, sample.origin(), Some(index)),
            None => return Vec::new(),
        },
    };
    let mut effects = read(state, id);
    effects.extend(view::select(state, id));
    effects
}

fn find_path(state: &State, path: &Path) -> Option<ItemId> {
    let is_it = |item: &&Item| matches!(&item.origin, Origin::Path(known) if known == path);
    state.items.iter().find(is_it).map(|item| item.id)
}

fn add(state: &mut State, origin: Origin, sample: Option<usize>) -> ItemId {
    let id = ItemId(state.fresh_id());
    let mut item = Item::new(id, origin, sample);
    if let Some(title) = sample.and_then(|index| SAMPLES.get(index)).map(|sample| sample.title) {
        item.name = title.into();
    }
    state.items.push(item);
    id
}

/// Read an item from its origin, under the present settings.
fn read(state: &mut State, id: ItemId) -> Vec<Effect> {
    let mut effects = drop_work(state, id);
    let job = new_job(state, Work::Open, Some(id));
    let settings = &state.settings;
    let (framing, reference_side_px, background) =
        (settings.framing, settings.reference_side_px, settings.background);
    if let Some(item) = state.item_mut(id) {
        item.opening = Some(job);
        item.failure = None;
        let origin = item.origin.clone();
        let (kind, object) = (item.kind, item.object_framing);
        let reading = Reading { kind, framing, reference_side_px, background, object };
        let command = Command::Open { job, item: id, origin, reading };
        effects.push(Effect::Send(command));
    }
    effects
}

/// A framing setting changed: the picture that is looked at is framed anew, the others when they are asked. Objects and
/// sounds are not read by these settings.
pub(crate) fn frame_again(state: &mut State) -> Vec<Effect> {
    match state.current().map(|item| (item.id, &item.signal)) {
        Some((id, Some(Signal::Image(_)))) => read(state, id),
        _ => Vec::new(),
    }
}

/// Note a job down, and give it its number.
pub(crate) fn new_job(state: &mut State, work: Work, item: Option<ItemId>) -> JobId {
    let id = JobId(state.fresh_id());
    state.jobs.push(Job {
        id,
        item,
        work,
        stage: Stage::Queued,
        fraction: None,
        is_cancelled: false,
        model: None,
        kind: SignalKind::Image,
    });
    id
}

/// Give up what the engine does for an item: it is told to stop, and its answers are not waited for.
fn drop_work(state: &mut State, id: ItemId) -> Vec<Effect> {
    let Some(item) = state.item_mut(id) else { return Vec::new() };
    let refining = item.refinement.take().map(|refinement| refinement.job);
    item.surface.mesh = None;
    let own = [item.opening.take(), item.surface.job.take()];
    let jobs: Vec<JobId> = own.into_iter().flatten().chain(refining).collect();
    let mut effects = Vec::new();
    for job in jobs {
        effects.extend(cancel(state, job));
    }
    effects
}

/// Tell the engine to stop a job; its final event takes it off the list.
pub(crate) fn cancel(state: &mut State, id: JobId) -> Vec<Effect> {
    match state.jobs.iter_mut().find(|job| job.id == id) {
        Some(job) if !job.is_cancelled => {
            job.is_cancelled = true;
            vec![Effect::Send(Command::Cancel { job: id })]
        }
        _ => Vec::new(),
    }
}

/// Take an item out of the library, and look at its neighbour.
pub(crate) fn remove(state: &mut State, id: ItemId) -> Vec<Effect> {
    let effects = drop_work(state, id);
    let Some(index) = state.items.iter().position(|item| item.id == id) else { return effects };
    state.items.remove(index);
    if state.selected == Some(id) {
        let neighbour = state.items.get(index).or_else(|| state.items.last());
        state.selected = neighbour.map(|item| item.id);
    }
    effects
}

/// Write the selected item's field again. One that was framed otherwise is read anew.
pub(crate) fn encode(state: &mut State) -> Vec<Effect> {
    let Some(item) = state.current() else { return Vec::new() };
    let id = item.id;
    let Some(signal) = item.signal.clone() else { return read(state, id) };
    let mut effects = drop_work(state, id);
    let job = new_job(state, Work::Encode, Some(id));
    if let Some(item) = state.item_mut(id) {
        item.opening = Some(job);
        item.failure = None;
    }
    effects.push(Effect::Send(Command::Encode { job, item: id, signal }));
    effects
}

/// Fields with random weights that race.
pub(crate) const RIVALS: u64 = 3;

/// Begin to refine the selected item beside so many fields with random weights, or stop and keep the best.
pub(crate) fn toggle_refine(state: &mut State, rivals: u64) -> Vec<Effect> {
    let Some(item) = state.current() else { return Vec::new() };
    if let Some(refinement) = &item.refinement {
        let job = refinement.job;
        return cancel(state, job);
    }
    let (Some(signal), Some(encoded)) = (item.signal.clone(), item.encoded.clone()) else {
        return Vec::new();
    };
    if item.opening.is_some() {
        return Vec::new();
    }
    let id = item.id;
    let config = state.settings.refine_towards(item.goal());
    let job = new_job(state, Work::Refine, Some(id));
    if let Some(item) = state.item_mut(id) {
        if let (true, Some(closeness)) = (item.curve.measured.is_empty(), encoded.closeness) {
            item.curve.measured.push([f64::from(item.steps_done), closeness.psnr_db()]);
        }
        item.curve.rivals = vec![Vec::new(); rivals as usize];
        item.refinement =
            Some(Refinement { job, steps_before: item.steps_done, record: None, progress: None });
    }
    let record = encoded.record;
    vec![Effect::Send(Command::Refine { job, item: id, record, signal, config, rivals })]
}

/// Make a checkpoint the model of its kind; `None` is the bundled one of this kind.
pub(crate) fn load_model(state: &mut State, kind: SignalKind, path: Option<PathBuf>) -> Vec<Effect> {
    let job = new_job(state, Work::LoadModel, None);
    if let Some(known) = state.jobs.iter_mut().find(|known| known.id == job) {
        known.model.clone_from(&path);
        known.kind = kind;
    }
    let model = state.model_mut(kind);
    if !matches!(model, ModelState::Ready(_)) {
        *model = ModelState::Loading;
    }
    vec![Effect::Send(Command::LoadModel { job, kind, origin: path.map(Origin::Path) })]
}

/// Say what the selected item is of.
pub(crate) fn set_kind(state: &mut State, kind: SignalKind) -> Vec<Effect> {
    let Some(id) = state.current().filter(|item| item.signal.is_some()).map(|item| item.id) else {
        return Vec::new();
    };
    if let Some(item) = state.item_mut(id) {
        item.kind = Some(kind);
    }
    read(state, id)
}

/// Frame the selected picture of an object otherwise.
pub(crate) fn frame_object(state: &mut State, framing: ObjectFraming) -> Vec<Effect> {
    let Some(id) = state.current().filter(|item| item.signal.is_some()).map(|item| item.id) else {
        return Vec::new();
    };
    if let Some(item) = state.item_mut(id) {
        item.object_framing = framing;
    }
    read(state, id)
}

/// Show the surface of the selected object, or do not.
pub(crate) fn set_surface(state: &mut State, is_shown: bool, threshold: f32, grid: usize) -> Vec<Effect> {
    let Some(id) = state.selected else { return Vec::new() };
    if let Some(item) = state.item_mut(id) {
        let surface = &mut item.surface;
        (surface.is_shown, surface.threshold, surface.grid) = (is_shown, threshold, grid);
    }
    find_surface(state, id)
}

/// Look for the surface of an object anew, if it is shown; what was found or looked for before is given up.
pub(crate) fn find_surface(state: &mut State, id: ItemId) -> Vec<Effect> {
    let crop = state.look.object.crop;
    let Some(item) = state.item_mut(id) else { return Vec::new() };
    let before = item.surface.job.take();
    item.surface.mesh = None;
    let Surface { is_shown, threshold, grid, .. } = item.surface;
    let record = item.record().filter(|_| is_shown && item.is_object()).cloned();
    let mut effects: Vec<Effect> = before.map_or_else(Vec::new, |job| cancel(state, job));
    let Some(record) = record else { return effects };
    let job = new_job(state, Work::Mesh, Some(id));
    if let Some(item) = state.item_mut(id) {
        item.surface.job = Some(job);
    }
    let config = MeshConfig { threshold, grid, crop };
    effects.push(Effect::Send(Command::Mesh { job, item: id, record, config }));
    effects
}

/// Forget what was measured of a field that is no longer there.
pub(crate) fn forget_curve(item: &mut Item) {
    item.curve = Curve::default();
    item.steps_done = 0;
}

/// A checkpoint was dropped: it is the model, not something to look at.
pub(crate) fn take_out_checkpoint(state: &mut State, id: ItemId) -> Option<PathBuf> {
    let origin = state.item(id).map(|item| item.origin.clone());
    // Its answer arrived, so there is nothing left to cancel.
    if let Some(item) = state.item_mut(id) {
        item.opening = None;
    }
    let effects = remove(state, id);
    debug_assert!(effects.is_empty());
    match origin {
        Some(Origin::Path(path)) => Some(path),
        _ => None,
    }
}

/// Say that a file was written.
pub(crate) fn saved(state: &mut State, path: &Path) {
    state.settings.folder = path.parent().map(Path::to_owned);
    state.notify(NoticeKind::Info, format!("Saved {}", path.display()), "");
}
