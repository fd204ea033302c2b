use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::ready::Ready;
use super::shade::rays_of;
use super::tiles::tiles;
use super::{Drawn, VolumeFrame, VolumeState};
use crate::field::{Bake, CropBox, FieldRecord, Sampling};
use crate::render::RenderError;
use crate::render::thread::start_thread;
use crate::render::worker::Wake;

/// A baked frame of a view in motion should take no longer.
const BAKED_BUDGET: Duration = Duration::from_millis(34);
/// Screen pixels to one of a baked frame in motion, at most.
const COARSEST: u32 = 4;
/// The window is woken no more often than this by tiles.
const WAKE_INTERVAL: Duration = Duration::from_millis(80);

/// A finished part of the picture.
#[derive(Debug)]
pub(super) struct Patch {
    /// Of the request that it is part of.
    pub(super) request: u64,
    /// Left, top, right, bottom, in pixels.
    pub(super) rect: [u32; 4],
    /// Multiplied by alpha, `[height, width]`.
    pub(super) rgba: Vec<[u8; 4]>,
}

/// The thread that bakes and draws an object on the CPU. The newest request wins.
pub(super) struct VolumeWorker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// Whether this thread draws what it baked, or gives it away.
    draws_baked: bool,
    changed: Condvar,
    wake: Wake,
}

#[derive(Default)]
struct State {
    request: Option<Request>,
    patches: Vec<Patch>,
    seen: Option<(u64, VolumeState)>,
    /// For who draws it elsewhere.
    bake: Option<Arc<Bake>>,
    failure: Option<String>,
    is_stopping: bool,
}

#[derive(Clone)]
struct Request {
    id: u64,
    record: Arc<FieldRecord>,
    frame: VolumeFrame,
}

/// What the thread keeps of a request.
struct Progress {
    id: u64,
    /// Screen pixels to one of the baked picture that is seen.
    baked: Option<u32>,
    tiles: Vec<[u32; 4]>,
    next_tile: usize,
    /// Evaluations of the field so far, and what there would have been without skipping.
    evaluated: (u64, u64),
    last_wake: Instant,
}

impl VolumeWorker {
    /// Start the thread; it sleeps until there is work. It draws what it bakes if `draws_baked`, and else leaves that
    /// to who calls [`take_bake`](Self::take_bake).
    ///
    /// # Errors
    /// [`RenderError::Worker`] if the system gives no thread.
    pub(super) fn start(draws_baked: bool, wake: Wake) -> Result<Self, RenderError> {
        let shared = Arc::new(Shared { state: Mutex::default(), draws_baked, changed: Condvar::new(), wake });
        let of_thread = Arc::clone(&shared);
        let of_failure = Arc::clone(&shared);
        let failed = move |text: String| {
            of_failure.lock().failure = Some(text);
            (of_failure.wake)();
        };
        let thread = start_thread("hyperscope-volume", move || of_thread.run(), failed)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Draw this instead of whatever was asked for before.
    pub(super) fn request(&self, id: u64, record: &Arc<FieldRecord>, frame: VolumeFrame) {
        let mut state = self.shared.lock();
        if state.request.as_ref().is_some_and(|now| now.id == id && now.frame.is_moving == frame.is_moving) {
            return;
        }
        state.request = Some(Request { id, record: Arc::clone(record), frame });
        self.shared.changed.notify_one();
    }

    /// Nothing is wanted any more.
    pub(super) fn clear(&self) {
        let mut state = self.shared.lock();
        state.request = None;
        state.patches.clear();
        state.seen = None;
        state.bake = None;
    }

    /// The latest bake, if there is one that was not taken yet.
    pub(super) fn take_bake(&self) -> Option<Arc<Bake>> {
        self.shared.lock().bake.take()
    }

    /// What was finished since the last call, and how far the latest picture is.
    ///
    /// # Errors
    /// [`RenderError::Worker`] if the thread panicked.
    #[expect(
        clippy::type_complexity,
        reason = "patches, and what is known of the request that they belong to"
    )]
    pub(super) fn take(&self) -> Result<(Vec<Patch>, Option<(u64, VolumeState)>), RenderError> {
        let mut state = self.shared.lock();
        match state.failure.take() {
            Some(failure) => Err(RenderError::Worker(failure)),
            None => Ok((std::mem::take(&mut state.patches), state.seen)),
        }
    }
}

impl Drop for VolumeWorker {
    fn drop(&mut self) {
        self.shared.lock().is_stopping = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It reports its own panic.
            thread.join().ok();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nobody panics while holding it, and the state is whole at any moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let (mut ready, mut progress): (Option<Ready>, Option<Progress>) = (None, None);
        // Of a pixel of a baked frame, as measured last.
        let mut secs_per_pixel = 0.0;
        while let Some(request) = self.next_request(progress.as_ref(), ready.as_ref()) {
            let present = match progress.take() {
                Some(progress) if progress.id == request.id => progress,
                _ => Progress::new(&request),
            };
            progress = Some(self.advance(&request, &mut ready, present, &mut secs_per_pixel));
        }
    }

    /// Sleep until there is something to do; `None` when the thread should end.
    fn next_request(&self, progress: Option<&Progress>, ready: Option<&Ready>) -> Option<Request> {
        let mut state = self.lock();
        loop {
            if state.is_stopping {
                return None;
            }
            let own = progress.filter(|own| state.request.as_ref().is_some_and(|wanted| wanted.id == own.id));
            match (&state.request, own) {
                (Some(request), own) if own.is_none_or(|own| !own.is_done(request, ready)) => {
                    return Some(request.clone());
                }
                _ => {}
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// One step: bake, draw the baked picture, or make a tile exact.
    fn advance(
        &self,
        request: &Request,
        ready: &mut Option<Ready>,
        mut progress: Progress,
        secs_per_pixel: &mut f64,
    ) -> Progress {
        let frame = &request.frame;
        let Some(sampling) = Sampling::of(&request.record, frame.samples) else {
            progress.next_tile = progress.tiles.len();
            progress.baked = Some(1);
            return progress;
        };
        let sampling = sampling.moved(frame.place.depth_offset() as f32);
        // Beyond the cube of the bake nothing was learned, and at rest no more should be seen than in motion.
        let frame = &VolumeFrame { crop: frame.crop.common(&CropBox::of_bake()), ..*frame };
        if !ready.as_ref().is_some_and(|ready| Arc::ptr_eq(&ready.record, &request.record)) {
            *ready = Ready::new(&request.record, &|| self.is_worth_baking(request));
        }
        // What is wanted now is known to who asks next.
        let Some(ready) = ready else { return progress };
        if progress.baked.is_some() && !frame.is_moving && ready.fine.is_none() {
            if !ready.bake_finer(&|| self.is_still_wanted(request)) {
                return progress;
            }
            progress.baked = None;
        }
        if !progress.needs_baked(frame) {
            self.make_exact(request, frame, ready, &sampling, &mut progress);
        } else if self.draws_baked {
            self.draw_baked(request, frame, ready, &sampling, &mut progress, secs_per_pixel);
        } else {
            self.give_bake(request, ready);
            progress.baked = Some(1);
        }
        progress
    }

    /// Whether the first bake of a field still serves. A field that changes is baked to the end, or nothing would be
    /// seen of it while it changes faster than it is baked; for another object it is left at once.
    fn is_worth_baking(&self, baked: &Request) -> bool {
        let state = self.lock();
        let is_same_object = |wanted: &Request| wanted.record.source == baked.record.source;
        !state.is_stopping && state.request.as_ref().is_some_and(is_same_object)
    }

    /// Whether the very field is still wanted, at rest.
    fn is_still_wanted(&self, baked: &Request) -> bool {
        let state = self.lock();
        let is_same =
            |wanted: &Request| Arc::ptr_eq(&wanted.record, &baked.record) && !wanted.frame.is_moving;
        !state.is_stopping && state.request.as_ref().is_some_and(is_same)
    }

    /// For who draws it elsewhere.
    fn give_bake(&self, request: &Request, ready: &Ready) {
        let frame = &request.frame;
        let drawn = Drawn::Baked { voxels: ready.voxels(frame), coarser: 1 };
        let seen = VolumeState { drawn, is_done: frame.is_moving, spared: None, baked_ms: None };
        let mut state = self.lock();
        state.seen = Some((request.id, seen));
        state.bake = Some(Arc::clone(ready.fine.as_ref().unwrap_or(&ready.coarse)));
        state.patches.clear();
        drop(state);
        (self.wake)();
    }

    /// The whole picture from the bake; in motion as coarse as the time for it demands.
    fn draw_baked(
        &self,
        request: &Request,
        frame: &VolumeFrame,
        ready: &Ready,
        sampling: &Sampling,
        progress: &mut Progress,
        secs_per_pixel: &mut f64,
    ) {
        let begun = Instant::now();
        let (width, height) = frame.viewport_px;
        let pixels = f64::from(width) * f64::from(height);
        let coarser = if frame.is_moving {
            let fits = |coarser: &u32| {
                pixels * *secs_per_pixel / f64::from(coarser * coarser) <= BAKED_BUDGET.as_secs_f64()
            };
            (1..=COARSEST).find(fits).unwrap_or(COARSEST)
        } else {
            1
        };
        let rgba = ready.draw(frame, sampling, coarser);
        let secs = begun.elapsed().as_secs_f64();
        *secs_per_pixel = secs * f64::from(coarser * coarser) / pixels;
        progress.baked = Some(coarser);
        let seen = VolumeState {
            drawn: Drawn::Baked { voxels: ready.voxels(frame), coarser },
            is_done: frame.is_moving,
            spared: None,
            baked_ms: Some((secs * 1e3) as f32),
        };
        self.publish(request, [0, 0, width, height], rgba, seen);
        (self.wake)();
    }

    /// The next tile, by the field itself.
    fn make_exact(
        &self,
        request: &Request,
        frame: &VolumeFrame,
        ready: &Ready,
        sampling: &Sampling,
        progress: &mut Progress,
    ) {
        let Some(&rect) = progress.tiles.get(progress.next_tile) else { return };
        let (width, height) = frame.viewport_px;
        let rays = rays_of(&frame.place.camera(width, height).ray_grid(), rect);
        let traced = ready.tracer.trace(&rays, sampling, &frame.crop);
        let rgba = ready.shade(frame, sampling, &rays, &traced);
        progress.next_tile += 1;
        progress.evaluated.0 += traced.iter().map(|traced| u64::from(traced.evaluated)).sum::<u64>();
        progress.evaluated.1 += (rays.len() * sampling.samples) as u64;
        let is_last = progress.next_tile == progress.tiles.len();
        let (evaluated, all) = progress.evaluated;
        let seen = VolumeState {
            drawn: Drawn::Exact { fraction: progress.next_tile as f32 / progress.tiles.len() as f32 },
            is_done: is_last,
            spared: Some(1.0 - evaluated as f32 / all.max(1) as f32),
            baked_ms: None,
        };
        self.publish(request, rect, rgba, seen);
        if is_last || progress.last_wake.elapsed() >= WAKE_INTERVAL {
            progress.last_wake = Instant::now();
            (self.wake)();
        }
    }

    fn publish(&self, request: &Request, rect: [u32; 4], rgba: Vec<[u8; 4]>, seen: VolumeState) {
        let mut state = self.lock();
        // A view in motion asks for another picture before the last is done: it is shown all the same.
        let baked_ms = seen.baked_ms.or(state.seen.and_then(|(_, before)| before.baked_ms));
        state.seen = Some((request.id, VolumeState { baked_ms, ..seen }));
        if matches!(seen.drawn, Drawn::Baked { .. }) {
            state.patches.clear();
        }
        state.patches.push(Patch { request: request.id, rect, rgba });
    }
}

impl Progress {
    fn new(request: &Request) -> Self {
        Self {
            id: request.id,
            baked: None,
            tiles: tiles(request.frame.viewport_px),
            next_tile: 0,
            evaluated: (0, 0),
            last_wake: Instant::now(),
        }
    }

    /// A coarse picture is drawn again once the view rests, before the first exact tile.
    fn needs_baked(&self, frame: &VolumeFrame) -> bool {
        self.baked.is_none() || (!frame.is_moving && self.next_tile == 0 && self.baked != Some(1))
    }

    fn is_done(&self, request: &Request, ready: Option<&Ready>) -> bool {
        let is_same_field = ready.is_some_and(|ready| Arc::ptr_eq(&ready.record, &request.record));
        if request.frame.is_moving {
            return self.baked.is_some() && is_same_field;
        }
        self.next_tile == self.tiles.len()
    }
}
