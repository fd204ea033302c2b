use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use half::f16;

use super::RenderError;
use super::plan::{Block, Grid, PxRect};
use super::thread::start_thread;
use super::work::{Goal, Work};
use crate::field::Evaluator;

/// The window is woken no more often than this in the middle of a pass: drawing costs the same cores.
const WAKE_INTERVAL: Duration = Duration::from_millis(80);

/// Called when there is something new to be drawn.
pub(super) type Wake = Arc<dyn Fn() + Send + Sync>;

/// A finished block: the canvas pixels of its rectangle, those that are not evaluated yet included.
#[derive(Debug)]
pub(super) struct Finished {
    /// The work that it is part of.
    pub(super) work_id: u64,
    /// Place of the block in the work.
    pub(super) block: usize,
    pub(super) rect: PxRect,
    /// RGBA, `[height, width, 4]` of the rectangle.
    pub(super) texels: Vec<[f16; 4]>,
}

/// The thread that evaluates a canvas on the CPU, block after block. The newest request wins: after each block
/// the thread looks whether it should go on.
pub(super) struct CpuWorker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    wake: Wake,
}

#[derive(Default)]
struct State {
    request: Option<Request>,
    finished: Vec<Finished>,
    failure: Option<String>,
    is_stopping: bool,
}

#[derive(Clone)]
struct Request {
    work: Arc<Work>,
    evaluator: Evaluator,
    /// Go so far, and wait for more.
    goal: Goal,
}

/// What the thread keeps of the work in hand.
struct Canvas {
    request: Request,
    next_block: usize,
    texels: Vec<[f16; 4]>,
    last_wake: Instant,
}

impl CpuWorker {
    /// Start the thread; it sleeps until there is work.
    ///
    /// # Errors
    /// [`RenderError::Worker`] if the system gives no thread.
    pub(super) fn start(wake: Wake) -> Result<Self, RenderError> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), wake });
        let of_thread = Arc::clone(&shared);
        let of_failure = Arc::clone(&shared);
        let failed = move |text: String| {
            of_failure.lock().failure = Some(text);
            (of_failure.wake)();
        };
        let thread = start_thread("hyperscope-tiles", move || of_thread.run(), failed)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Evaluate this work, as far as the goal says, instead of whatever was asked for before.
    pub(super) fn request(&self, work: &Arc<Work>, evaluator: &Evaluator, goal: Goal) {
        let mut state = self.shared.lock();
        if state.request.as_ref().is_some_and(|now| now.work.id == work.id && now.goal == goal) {
            return;
        }
        state.finished.retain(|finished| finished.work_id == work.id);
        let (work, evaluator) = (Arc::clone(work), evaluator.clone());
        state.request = Some(Request { work, evaluator, goal });
        self.shared.changed.notify_one();
    }

    /// Nothing is wanted any more.
    pub(super) fn clear(&self) {
        let mut state = self.shared.lock();
        state.request = None;
        state.finished.clear();
    }

    /// The blocks of this work that were finished since the last call; those of other works are dropped.
    ///
    /// # Errors
    /// [`RenderError::Worker`] if the thread panicked.
    pub(super) fn take_finished(&self, work_id: u64) -> Result<Vec<Finished>, RenderError> {
        let mut state = self.shared.lock();
        if let Some(failure) = &state.failure {
            return Err(RenderError::Worker(failure.clone()));
        }
        let mut finished = std::mem::take(&mut state.finished);
        finished.retain(|block| block.work_id == work_id);
        Ok(finished)
    }
}

impl Drop for CpuWorker {
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
        let mut canvas: Option<Canvas> = None;
        while let Some(request) = self.next_request(canvas.as_ref()) {
            let mut present = match canvas.take() {
                Some(canvas) if canvas.request.work.id == request.work.id => Canvas { request, ..canvas },
                _ => Canvas::new(request),
            };
            let finished = present.evaluate_next();
            let mut state = self.lock();
            // The goal may have changed while the block was evaluated.
            let work_id = present.request.work.id;
            let goal =
                state.request.as_ref().filter(|wanted| wanted.work.id == work_id).map(|wanted| wanted.goal);
            if goal.is_some() {
                state.finished.extend(finished);
            }
            drop(state);
            let is_news = goal.is_some_and(|Goal { num_blocks, unseen_blocks }| {
                let done = present.next_block;
                let is_stage = done == unseen_blocks || done == present.request.work.coarse_blocks();
                let is_time = is_stage || present.last_wake.elapsed() >= WAKE_INTERVAL;
                done >= num_blocks || (is_time && done >= unseen_blocks)
            });
            if is_news {
                present.last_wake = Instant::now();
                (self.wake)();
            }
            canvas = Some(present);
        }
    }

    /// Sleep until there is a block to evaluate; `None` when the thread should end.
    fn next_request(&self, canvas: Option<&Canvas>) -> Option<Request> {
        let mut state = self.lock();
        loop {
            if state.is_stopping {
                return None;
            }
            if let Some(request) = &state.request {
                let done = canvas
                    .filter(|canvas| canvas.request.work.id == request.work.id)
                    .map_or(0, |canvas| canvas.next_block);
                if done < request.goal.num_blocks.min(request.work.blocks.len()) {
                    return Some(request.clone());
                }
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Canvas {
    fn new(request: Request) -> Self {
        let (width, height) = request.work.size_px;
        let texels = vec![[f16::ZERO; 4]; width as usize * height as usize];
        Self { request, next_block: 0, texels, last_wake: Instant::now() }
    }

    fn evaluate_next(&mut self) -> Option<Finished> {
        let work = Arc::clone(&self.request.work);
        let index = self.next_block;
        let block = work.blocks.get(index)?;
        self.next_block += 1;
        for grid in &block.grids {
            self.evaluate(&work, grid);
        }
        Some(Finished { work_id: work.id, block: index, rect: block.rect, texels: self.cut(block) })
    }

    fn evaluate(&mut self, work: &Work, grid: &Grid) {
        let along = |first: u32, step: u32, count: u32| (0..count).map(move |index| first + index * step);
        let of = |all: &[f32], places: &mut dyn Iterator<Item = u32>| -> Vec<f32> {
            places.filter_map(|place| all.get(place as usize)).copied().collect()
        };
        let rows = of(&work.rows, &mut along(grid.y, grid.step_y, grid.rows));
        let columns = of(&work.columns, &mut along(grid.x, grid.step_x, grid.columns));
        let values = self.request.evaluator.evaluate_grid(&rows, &columns);
        let outputs = values.len() / (rows.len() * columns.len()).max(1);
        let width = work.size_px.0 as usize;
        for (value, index) in values.chunks_exact(outputs.max(3)).zip(0..) {
            let x = grid.x + index % grid.columns * grid.step_x;
            let y = grid.y + index / grid.columns * grid.step_y;
            if let Some(texel) = self.texels.get_mut(y as usize * width + x as usize) {
                let channel = |value: f32| f16::from_f32(value.clamp(0.0, 1.0));
                *texel = [channel(value[0]), channel(value[1]), channel(value[2]), f16::ONE];
            }
        }
    }

    fn cut(&self, block: &Block) -> Vec<[f16; 4]> {
        let width = self.request.work.size_px.0 as usize;
        let rect = block.rect;
        (rect.y0..rect.y1)
            .filter_map(|y| {
                let row = y as usize * width;
                self.texels.get(row + rect.x0 as usize..row + rect.x1 as usize)
            })
            .flatten()
            .copied()
            .collect()
    }
}
