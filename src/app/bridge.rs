//! Between the image pass, which knows wgpu, and the window, which knows egui.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eframe::egui::{Context, PaintCallback, PaintCallbackInfo, Rect};
use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, RenderState};
use eframe::wgpu::{DeviceLostReason, Error, RenderPass};

use super::settings::EvaluatorChoice;
use crate::field::FieldRecord;
use crate::media::Picture;
use crate::render::{
    EvaluatorKind, FrameState, ImageFrame, ImagePass, RenderError, VolumeFrame, VolumePass, VolumeState,
};

/// Time that a frame may spend on evaluating the field.
const FRAME_BUDGET: Duration = Duration::from_millis(12);
/// Rebuilds in a row before the screen is given up.
const MAX_REBUILDS: u32 = 3;

type Shared = Arc<Mutex<Passes>>;
type Built = Result<Passes, RenderError>;

/// What draws pictures, and what draws objects.
pub(crate) struct Passes {
    image: ImagePass,
    volume: VolumePass,
}

/// What a paint callback draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drawing {
    Image,
    Volume,
}

/// The image pass with its device: built on a thread of its own, rebuilt when the device complains.
pub(crate) struct Bridge {
    render: RenderState,
    kind: EvaluatorKind,
    pass: PassState,
    faults: Receiver<String>,
    rebuilds: u32,
    /// What the pass was given last.
    field: Option<Arc<FieldRecord>>,
    /// What was looked at last.
    drawing: Drawing,
}

enum PassState {
    Building(Receiver<Built>),
    Ready(Shared),
    Failed,
}

impl Bridge {
    /// Begin to build the pass.
    pub(crate) fn new(render: RenderState, choice: EvaluatorChoice, ctx: &Context) -> Self {
        let kind = kind_of(&render, choice);
        let (sender, faults) = channel();
        listen(&render, &sender, ctx);
        let pass = build(&render, kind, ctx);
        Self { render, kind, pass, faults, rebuilds: 0, field: None, drawing: Drawing::Image }
    }

    /// Adapter and evaluator, for the status line.
    pub(crate) fn describe(&self) -> (String, EvaluatorKind) {
        // The pass falls back on the CPU where the adapter cannot evaluate a field.
        let kind = match &self.pass {
            PassState::Ready(pass) => match self.drawing {
                Drawing::Image => lock(pass).image.evaluator(),
                Drawing::Volume => lock(pass).volume.evaluator(),
            },
            PassState::Building(_) | PassState::Failed => self.kind,
        };
        (self.render.adapter.get_info().name, kind)
    }

    /// Build the pass again if another evaluator is wanted.
    pub(crate) fn choose(&mut self, choice: EvaluatorChoice, ctx: &Context) {
        let kind = kind_of(&self.render, choice);
        if kind != self.kind {
            self.kind = kind;
            self.pass = build(&self.render, kind, ctx);
        }
    }

    /// See what became of the pass; what went wrong, as a sentence with its details.
    pub(crate) fn tend(&mut self, ctx: &Context) -> Option<(String, String)> {
        let faults: Vec<String> = self.faults.try_iter().collect();
        if let Some(fault) = faults.into_iter().next() {
            if self.rebuilds == MAX_REBUILDS {
                self.pass = PassState::Failed;
                let what = "The graphics device keeps failing: start the program again, or choose the CPU evaluator in the settings";
                return Some((what.into(), fault));
            }
            self.rebuilds += 1;
            self.pass = build(&self.render, self.kind, ctx);
            return Some(("The graphics device reported an error; the view was built anew".into(), fault));
        }
        if let PassState::Ready(pass) = &self.pass {
            let mut passes = lock(pass);
            let err = passes.image.take_error().or_else(|| passes.volume.take_error())?;
            return Some(("The view could not be drawn as it should".into(), err.to_string()));
        }
        let PassState::Building(receiver) = &self.pass else { return None };
        match receiver.try_recv() {
            Ok(Ok(pass)) => {
                self.field = None;
                self.pass = PassState::Ready(Arc::new(Mutex::new(pass)));
                None
            }
            Ok(Err(err)) => {
                self.pass = PassState::Failed;
                Some(("The view cannot be drawn on this graphics device".into(), err.to_string()))
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.pass = PassState::Failed;
                Some(("The view could not be built".into(), "its thread ended early".into()))
            }
        }
    }

    /// Bring the view up to date; `None` while there is no pass.
    pub(crate) fn frame(
        &mut self,
        field: Option<&Arc<FieldRecord>>,
        source: Option<&Arc<Picture>>,
        frame: &ImageFrame,
    ) -> Option<FrameState> {
        let PassState::Ready(pass) = &self.pass else { return None };
        self.drawing = Drawing::Image;
        let pass = &mut lock(pass).image;
        // A field that cannot be drawn is refused once, not with every frame.
        if !is_same(self.field.as_ref(), field) {
            self.field = field.cloned();
            pass.set_field(field.cloned());
        }
        pass.set_source(source.cloned());
        let state = pass.frame(&self.render.device, &self.render.queue, frame, FRAME_BUDGET);
        if state.is_exact {
            self.rebuilds = 0;
        }
        Some(state)
    }

    /// No object is looked at any more, or another one.
    pub(crate) fn hide_object(&self) {
        if let PassState::Ready(pass) = &self.pass {
            lock(pass).volume.set_field(None);
        }
    }

    /// As [`frame`](Self::frame), of an object.
    pub(crate) fn volume_frame(
        &mut self,
        field: Option<&Arc<FieldRecord>>,
        frame: &VolumeFrame,
    ) -> Option<VolumeState> {
        let PassState::Ready(pass) = &self.pass else { return None };
        self.drawing = Drawing::Volume;
        let pass = &mut lock(pass).volume;
        pass.set_field(field.cloned());
        let state = pass.frame(&self.render.device, &self.render.queue, frame);
        if state.is_done {
            self.rebuilds = 0;
        }
        Some(state)
    }

    /// What egui is to paint in this rectangle.
    pub(crate) fn paint(&self, rect: Rect, drawing: Drawing) -> Option<PaintCallback> {
        let PassState::Ready(pass) = &self.pass else { return None };
        Some(Callback::new_paint_callback(rect, Paint(Arc::clone(pass), drawing)))
    }
}

fn is_same(one: Option<&Arc<FieldRecord>>, other: Option<&Arc<FieldRecord>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

fn kind_of(render: &RenderState, choice: EvaluatorChoice) -> EvaluatorKind {
    match choice {
        EvaluatorChoice::Auto => EvaluatorKind::for_adapter(&render.adapter.get_info()),
        EvaluatorChoice::Cpu => EvaluatorKind::Cpu,
        EvaluatorChoice::Gpu => EvaluatorKind::Gpu,
    }
}

/// Errors that nobody caught, and a lost device, are heard instead of ending the program.
fn listen(render: &RenderState, sender: &Sender<String>, ctx: &Context) {
    let (faults, wake) = (sender.clone(), ctx.clone());
    render.device.on_uncaptured_error(Arc::new(move |err: Error| {
        tracing::error!("wgpu: {err}");
        faults.send(err.to_string()).ok();
        wake.request_repaint();
    }));
    let (faults, wake) = (sender.clone(), ctx.clone());
    render.device.set_device_lost_callback(move |reason, message| {
        if reason != DeviceLostReason::Destroyed {
            faults.send(format!("the device was lost: {message}")).ok();
            wake.request_repaint();
        }
    });
}

/// Compiling pipelines takes seconds on some devices: not on the window's thread.
fn build(render: &RenderState, kind: EvaluatorKind, ctx: &Context) -> PassState {
    let (sender, receiver) = channel();
    let (device, queue, format) = (render.device.clone(), render.queue.clone(), render.target_format);
    let ctx = ctx.clone();
    let work = move || {
        let repaint = ctx.clone();
        let wake = Arc::new(move || repaint.request_repaint());
        let build = || {
            let volume = VolumePass::new(&device, &queue, format, kind, Arc::clone(&wake) as _)?;
            Ok(Passes { image: ImagePass::new(&device, &queue, format, kind, wake.clone())?, volume })
        };
        sender.send(build()).ok();
        ctx.request_repaint();
    };
    match std::thread::Builder::new().name("hyperscope-pass".into()).spawn(work) {
        Ok(_) => PassState::Building(receiver),
        Err(err) => {
            tracing::error!("the thread for the view cannot be started: {err}");
            PassState::Failed
        }
    }
}

fn lock(pass: &Shared) -> MutexGuard<'_, Passes> {
    pass.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Paint(Shared, Drawing);

impl CallbackTrait for Paint {
    fn paint(&self, _: PaintCallbackInfo, pass: &mut RenderPass<'static>, _: &CallbackResources) {
        let passes = lock(&self.0);
        match self.1 {
            Drawing::Image => passes.image.paint(pass),
            Drawing::Volume => passes.volume.paint(pass),
        }
    }
}
