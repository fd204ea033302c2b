use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::grid::Grid;
use super::pace::Pace;
use super::progress::Progress;
use super::ready::{Graphics, Ready};
use super::shade::rays_of;
use super::{Drawn, VolumeFrame, VolumeState};
use crate::field::{CropBox, FieldRecord, Sampling};
use crate::render::RenderError;
use crate::render::thread::start_thread;
use crate::render::worker::Wake;

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

/// The thread that bakes an object and draws it, on the CPU or by a graphics device that the window shares. The newest
/// request wins.
pub(super) struct VolumeWorker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// What draws instead of this thread.
    graphics: Option<Graphics>,
    changed: Condvar,
    wake: Wake,
}

#[derive(Default)]
struct State {
    request: Option<Request>,
    patches: Vec<Patch>,
    seen: Option<(u64, VolumeState)>,
    /// For the window, which draws it.
    grid: Option<Arc<Grid>>,
    /// The request whose bake the window has drawn: what is exact goes over it.
    shown: Option<u64>,
    failure: Option<RenderError>,
    /// Whether the device refused to draw the field exactly, and this thread does.
    is_refused: bool,
    is_stopping: bool,
}

#[derive(Clone)]
struct Request {
    id: u64,
    record: Arc<FieldRecord>,
    frame: VolumeFrame,
    /// As large as the frame's viewport.
    picture: Option<wgpu::TextureView>,
}

impl VolumeWorker {
    /// Start the thread; it sleeps until there is work. Where there is a graphics device, that draws: what is exact for
    /// this thread, and what is baked for who calls [`take_grid`](Self::take_grid).
    ///
    /// # Errors
    /// [`RenderError::Worker`] if the system gives no thread.
    pub(super) fn start(graphics: Option<Graphics>, wake: Wake) -> Result<Self, RenderError> {
        let shared = Arc::new(Shared { state: Mutex::default(), graphics, changed: Condvar::new(), wake });
        let of_thread = Arc::clone(&shared);
        let of_failure = Arc::clone(&shared);
        let failed = move |text: String| {
            of_failure.lock().failure = Some(RenderError::Worker(text));
            (of_failure.wake)();
        };
        let thread = start_thread("hyperscope-volume", move || of_thread.run(), failed)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Draw this instead of whatever was asked for before; where the device draws, into this picture.
    pub(super) fn request(
        &self,
        id: u64,
        record: &Arc<FieldRecord>,
        frame: VolumeFrame,
        picture: Option<&wgpu::TextureView>,
    ) {
        let mut state = self.shared.lock();
        if state.request.as_ref().is_some_and(|now| now.id == id && now.frame.is_moving == frame.is_moving) {
            return;
        }
        state.request = Some(Request { id, record: Arc::clone(record), frame, picture: picture.cloned() });
        self.shared.changed.notify_one();
    }

    /// Nothing is wanted any more.
    pub(super) fn clear(&self) {
        let mut state = self.shared.lock();
        state.request = None;
        state.patches.clear();
        state.seen = None;
        state.grid = None;
    }

    /// The latest bake on the device, if there is one that was not taken yet.
    pub(super) fn take_grid(&self) -> Option<Arc<Grid>> {
        self.shared.lock().grid.take()
    }

    /// The picture shows the bake that was taken last, as this request has it.
    pub(super) fn bake_is_shown(&self, id: u64) {
        let mut state = self.shared.lock();
        if state.grid.is_none() && state.shown != Some(id) {
            state.shown = Some(id);
            self.shared.changed.notify_one();
        }
    }

    /// Whether the device refused to draw the latest field exactly.
    pub(super) fn is_refused(&self) -> bool {
        self.shared.lock().is_refused
    }

    /// What was finished since the last call, and how far the latest picture is.
    ///
    /// # Errors
    /// [`RenderError::Worker`] if the thread panicked; else, once, why the device does not draw.
    #[expect(
        clippy::type_complexity,
        reason = "patches, and what is known of the request that they belong to"
    )]
    pub(super) fn take(&self) -> Result<(Vec<Patch>, Option<(u64, VolumeState)>), RenderError> {
        let mut state = self.shared.lock();
        match state.failure.take() {
            Some(failure) => Err(failure),
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
        let mut pace = Pace::default();
        while let Some(request) = self.next_request(progress.as_ref(), ready.as_ref()) {
            let present = match progress.take() {
                Some(progress) if progress.id == request.id => progress,
                _ => Progress::new(request.id, request.frame.viewport_px),
            };
            progress = Some(self.advance(&request, &mut ready, present, &mut pace));
        }
    }

    /// Sleep until there is something to do; `None` when the thread should end.
    fn next_request(&self, progress: Option<&Progress>, ready: Option<&Ready>) -> Option<Request> {
        let mut state = self.lock();
        loop {
            if state.is_stopping {
                return None;
            }
            if let Some(request) = &state.request {
                let ready = ready.filter(|ready| Arc::ptr_eq(&ready.record, &request.record));
                let is_next = match progress.filter(|own| own.id == request.id) {
                    Some(own) => {
                        !own.is_done(&request.frame, ready.is_some()) && state.lets(own, request, ready)
                    }
                    None => true,
                };
                if is_next {
                    return Some(request.clone());
                }
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
        pace: &mut Pace,
    ) -> Progress {
        let frame = &request.frame;
        let Some(sampling) = Sampling::of(&request.record, frame.samples) else {
            (progress.is_exact, progress.baked) = (true, Some(1));
            return progress;
        };
        let sampling = sampling.moved(frame.place.depth_offset() as f32);
        // Beyond the cube of the bake nothing was learned, and at rest no more should be seen than in motion.
        let frame = &VolumeFrame { crop: frame.crop.common(&CropBox::of_bake()), ..*frame };
        // Where a bake is left, who asks next knows what is wanted now.
        if !ready.as_ref().is_some_and(|own| Arc::ptr_eq(&own.record, &request.record)) {
            let goes_on = || self.is_worth_baking(request);
            let Some(new) = Ready::new(&request.record, ready, self.graphics.as_ref(), &goes_on) else {
                return progress;
            };
            *ready = Some(new);
        }
        let Some(ready) = ready else { return progress };
        if progress.baked.is_some() && !frame.is_moving && !ready.is_fine() {
            if !ready.bake_finer(&|| self.is_still_wanted(request)) {
                return progress;
            }
            progress.baked = None;
        }
        if progress.needs_baked(frame) {
            self.draw_baked(request, ready, frame, &sampling, pace, &mut progress);
        } else if let Some(picture) = request.picture.as_ref().filter(|_| ready.is_exact_on_device()) {
            self.draw_squares(request, ready, (frame, picture), &sampling, &mut progress);
        } else {
            self.draw_tile(request, ready, frame, &sampling, &mut progress);
        }
        let mut state = self.lock();
        state.is_refused = ready.is_refused();
        if let Some(complaint) = ready.complaint.take() {
            state.failure = Some(complaint);
            drop(state);
            (self.wake)();
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

    /// The whole picture from the bake, or the bake for the window to draw.
    fn draw_baked(
        &self,
        request: &Request,
        ready: &Ready,
        frame: &VolumeFrame,
        sampling: &Sampling,
        pace: &mut Pace,
        progress: &mut Progress,
    ) {
        let (width, height) = frame.viewport_px;
        let mut seen = VolumeState {
            drawn: Drawn::Baked { voxels: ready.voxels(frame), coarser: 1 },
            is_done: frame.is_moving,
            spared: None,
            baked_ms: None,
        };
        if let Some(grid) = ready.grid() {
            progress.baked = Some(1);
            let mut state = self.lock();
            state.seen = Some((request.id, seen));
            (state.grid, state.shown) = (Some(Arc::clone(grid)), None);
            state.patches.clear();
            drop(state);
            (self.wake)();
            return;
        }
        let begun = Instant::now();
        let coarser = if frame.is_moving { pace.coarser() } else { 1 };
        let rgba = ready.draw(frame, sampling, coarser);
        let took = begun.elapsed();
        if frame.is_moving {
            pace.took(took);
        }
        progress.baked = Some(coarser);
        seen.drawn = Drawn::Baked { voxels: ready.voxels(frame), coarser };
        seen.baked_ms = Some((took.as_secs_f64() * 1e3) as f32);
        self.publish(request, Some(([0, 0, width, height], rgba)), seen);
        (self.wake)();
    }

    /// The next exact tile, by the processor.
    fn draw_tile(
        &self,
        request: &Request,
        ready: &Ready,
        frame: &VolumeFrame,
        sampling: &Sampling,
        progress: &mut Progress,
    ) {
        let (Some(tracer), Some(&rect)) = (&ready.tracer, progress.tiles.get(progress.next_tile)) else {
            return;
        };
        let (width, height) = frame.viewport_px;
        let rays = rays_of(&frame.place.camera(width, height).ray_grid(), rect);
        let traced = tracer.trace(&rays, sampling, &frame.crop);
        let rgba = ready.shade(frame, sampling, &rays, &traced);
        progress.next_tile += 1;
        progress.is_exact = progress.next_tile == progress.tiles.len();
        progress.evaluated.0 += traced.iter().map(|traced| u64::from(traced.evaluated)).sum::<u64>();
        progress.evaluated.1 += (rays.len() * sampling.samples) as u64;
        let fraction = progress.next_tile as f32 / progress.tiles.len() as f32;
        self.publish(request, Some((rect, rgba)), progress.exact_state(fraction));
        self.wake_sometimes(progress);
    }

    /// The next exact squares, by the device.
    fn draw_squares(
        &self,
        request: &Request,
        ready: &mut Ready,
        (frame, picture): (&VolumeFrame, &wgpu::TextureView),
        sampling: &Sampling,
        progress: &mut Progress,
    ) {
        // While the state is locked the window cannot ask for another picture, and draw that one's bake before this.
        let submit = |queue: &wgpu::Queue, commands| {
            let state = self.lock();
            let is_wanted =
                state.request.as_ref().is_some_and(|now| now.id == request.id && !now.frame.is_moving);
            if is_wanted {
                queue.submit([commands]);
            }
            is_wanted
        };
        let Some(squares) = ready.advance_on_device((request.id, picture), frame, sampling, submit) else {
            return;
        };
        let fraction = squares.drawn as f32 / squares.of.max(1) as f32;
        let (width, height) = frame.viewport_px;
        let all = f64::from(width) * f64::from(height) * sampling.samples as f64 * f64::from(fraction);
        progress.evaluated = (squares.evaluated, all as u64);
        progress.is_exact = squares.is_done();
        self.publish(request, None, progress.exact_state(fraction));
        self.wake_sometimes(progress);
    }

    fn wake_sometimes(&self, progress: &mut Progress) {
        if progress.is_exact || progress.last_wake.elapsed() >= WAKE_INTERVAL {
            progress.last_wake = Instant::now();
            (self.wake)();
        }
    }

    fn publish(&self, request: &Request, part: Option<([u32; 4], Vec<[u8; 4]>)>, seen: VolumeState) {
        let mut state = self.lock();
        // A view in motion asks for another picture before the last is done: it is shown all the same.
        let baked_ms = seen.baked_ms.or(state.seen.and_then(|(_, before)| before.baked_ms));
        state.seen = Some((request.id, VolumeState { baked_ms, ..seen }));
        if matches!(seen.drawn, Drawn::Baked { .. }) {
            state.patches.clear();
        }
        state.patches.extend(part.map(|(rect, rgba)| Patch { request: request.id, rect, rgba }));
    }
}

impl State {
    /// Whether the next step may be taken: the device makes exact what shows the bake, not before.
    fn lets(&self, own: &Progress, request: &Request, ready: Option<&Ready>) -> bool {
        let is_over_bake = !own.needs_baked(&request.frame)
            && ready.is_some_and(|ready| ready.is_fine() && ready.is_exact_on_device());
        !is_over_bake || self.shown == Some(request.id)
    }
}
