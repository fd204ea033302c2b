use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, Event as Input, Key, OutputCommand, RawInput, Ui};

use super::action::{Action, Change, Effect};
use super::bridge::Bridge;
use super::clipboard::Request;
use super::errands::Errands;
use super::listening::Listening;
use super::panels::{self, Panels};
use super::reducer::reduce;
use super::settings::Settings;
use super::state::{NoticeKind, ShelfKey, State};
use super::training::{RunEntry, RunStatus, TrainingAction};
use super::{shortcuts, theme};
use crate::engine::{Command, Engine, EngineError, Event, JobId, TrainCommand};
use crate::render::Drawn;
use crate::train::resident_bytes;

/// Settings are kept once nothing has changed for this long.
const KEEP_AFTER: Duration = Duration::from_secs(1);
/// Between two looks at the memory.
const MEMORY_EVERY: Duration = Duration::from_secs(2);

/// Between two looks at runs of other programs.
const RUNS_EVERY: Duration = Duration::from_secs(5);

/// With what a window is opened.
#[derive(Debug)]
pub struct Opening {
    /// Files for the library; the first sample where there are none.
    pub files: Vec<PathBuf>,
    /// As of last time.
    pub settings: Settings,
    /// What happened to the settings, if something did.
    pub notice: Option<String>,
    /// Where settings are kept; nowhere if `None`.
    pub config_folder: Option<PathBuf>,
    /// When the program was started.
    pub began: Instant,
}

/// The window: draws the state, and carries actions to the reducer and effects to the world.
pub struct Window {
    state: State,
    panels: Panels,
    engine: Option<Engine>,
    /// Commands that the engine has not taken yet.
    outbox: VecDeque<Command>,
    bridge: Option<Bridge>,
    errands: Errands,
    listening: Listening,
    pasted: (Sender<String>, Receiver<String>),
    files: Vec<PathBuf>,
    began: Instant,
    frames: u64,
    kept: Settings,
    changed: Option<(Settings, Instant)>,
    memory_seen: Option<Instant>,
    runs_seen: Option<Instant>,
}

impl Window {
    /// A window that has drawn nothing yet. Engine and image pass start after its first frame.
    #[must_use]
    pub fn new(creation: &eframe::CreationContext<'_>, opening: Opening) -> Self {
        let Opening { files, settings, notice, config_folder, began } = opening;
        let ctx = &creation.egui_ctx;
        theme::install(ctx);
        theme::wear(ctx, settings.theme);
        let mut state = State::new(settings.clone());
        if let Some(notice) = notice {
            state.notify(NoticeKind::Error, notice, "");
        }
        Self {
            state,
            panels: Panels::new(),
            engine: None,
            outbox: VecDeque::new(),
            bridge: None,
            errands: Errands::start(ctx, config_folder),
            listening: Listening::start(ctx),
            pasted: channel(),
            files,
            began,
            frames: 0,
            kept: settings,
            changed: None,
            memory_seen: None,
            runs_seen: None,
        }
    }

    /// What the window shows.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether the view is drawn exactly.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        match self.panels.volume {
            Some(volume) => volume.is_done && matches!(volume.drawn, Drawn::Exact { .. }),
            None => self.panels.frame.is_some_and(|frame| frame.is_exact),
        }
    }

    fn act(&mut self, action: Action) {
        for effect in reduce(&mut self.state, action) {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Send(command) => self.send(command),
            Effect::Expand(paths) => self.errands.expand(paths),
            Effect::Thumbnails(wanted) => self.errands.thumbnails(wanted),
            Effect::PickFile { purpose, folder, name } => self.errands.pick(purpose, folder, name),
            Effect::Probe(path) => self.errands.probe(path),
            Effect::Paste => self.errands.clipboard(Request::Open),
            Effect::FindOutputs => self.errands.find_outputs(),
            Effect::Audio(command) => self.listening.command(command, &self.state),
            Effect::Audition(sound) => self.listening.audition(sound, &self.state),
            Effect::Train(command) => self.train(*command),
            other => self.errands.training(other),
        }
    }

    /// Queue a command. What the engine has not seen yet is cancelled here.
    fn send(&mut self, command: Command) {
        if let Command::Cancel { job } = command {
            let waiting = self.outbox.len();
            self.outbox.retain(|queued| job_of(queued) != job);
            if self.outbox.len() < waiting {
                self.act(Action::Engine(Event::Cancelled { job }));
                return;
            }
        }
        self.outbox.push_back(command);
    }

    /// Have the engine train something, or tell a run something.
    fn train(&mut self, command: TrainCommand) {
        let Some(engine) = &self.engine else { return };
        match engine.train(command) {
            // An order to a run that has ended meanwhile has nothing to do.
            Ok(()) | Err(EngineError::Stopped) => {}
            Err(err) => self.act(Action::Trouble {
                message: "Training cannot be reached".into(),
                details: err.to_string(),
            }),
        }
    }

    /// Give the engine what it takes; a full queue is tried again with the next frame.
    fn flush(&mut self) {
        while let (Some(engine), Some(command)) = (&self.engine, self.outbox.pop_front()) {
            match engine.send(command.clone()) {
                Ok(()) => {}
                Err(EngineError::Full) => {
                    self.outbox.push_front(command);
                    return;
                }
                Err(err) => {
                    let (job, message) = (job_of(&command), err.to_string());
                    let details = String::new();
                    self.act(Action::Engine(Event::Failed { job, item: None, message, details }));
                }
            }
        }
    }

    /// What waited for the first frame to be on the screen.
    fn start(&mut self, ctx: &Context, frame: &eframe::Frame) {
        tracing::info!("first paint after {} ms", self.began.elapsed().as_millis());
        let wake = ctx.clone();
        match Engine::start(move || wake.request_repaint()) {
            Ok(engine) => self.engine = Some(engine),
            Err(err) => self.act(Action::Trouble {
                message: "The program's workers cannot be started".into(),
                details: err.to_string(),
            }),
        }
        self.bridge = frame
            .wgpu_render_state()
            .map(|render| Bridge::new(render.clone(), self.state.settings.evaluator, ctx));
        self.panels.adapter = self.bridge.as_ref().map(Bridge::describe);
        self.act(Action::Begin);
        match std::mem::take(&mut self.files) {
            files if files.is_empty() => self.act(Action::OpenShelf(ShelfKey::Sample(0))),
            files => self.act(Action::OpenPaths(files)),
        }
    }

    /// Hear everyone who has something to say.
    fn hear(&mut self, ctx: &Context) {
        let (events, preview, ticks) = match &self.engine {
            Some(engine) => (engine.drain(), engine.preview(), engine.ticks()),
            None => (Vec::new(), None, Vec::new()),
        };
        // What an event is about has come before it.
        if !ticks.is_empty() {
            self.act(Action::Training(TrainingAction::Ticks(ticks)));
        }
        for event in events {
            self.act(Action::Engine(event));
        }
        if let Some(preview) = preview {
            self.act(Action::Preview(preview));
        }
        for action in self.errands.drain() {
            self.act(action);
        }
        if let Some(seen) = self.listening.tend(&self.state) {
            self.panels.seen_sound = Some(seen);
        }
        self.state.player = self.listening.state(&self.state);
        self.state.training.heard = self.listening.auditioned().cloned();
        let trouble = self.bridge.as_mut().and_then(|bridge| bridge.tend(ctx));
        if let Some((message, details)) = trouble {
            self.act(Action::Trouble { message, details });
        }
    }

    /// Files that were dropped; where the window is.
    fn watch(&mut self, ctx: &Context) {
        let (dropped, place) = ctx.input(|input| {
            let paths: Vec<PathBuf> =
                input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect();
            let viewport = input.viewport();
            (paths, viewport.inner_rect.map(|rect| (rect.size(), viewport.maximized.unwrap_or(false))))
        });
        if !dropped.is_empty() {
            self.act(Action::OpenPaths(dropped));
        }
        if let Some((size, is_maximized)) = place {
            self.act(Action::Change(Change::Window(size.x, size.y, is_maximized)));
        }
    }

    /// Keep the settings once they have come to rest.
    fn keep_settings(&mut self, ctx: &Context) {
        let settings = &self.state.settings;
        if *settings == self.kept {
            self.changed = None;
            return;
        }
        match &self.changed {
            Some((seen, since)) if seen == settings => {
                if since.elapsed() >= KEEP_AFTER {
                    self.kept = settings.clone();
                    self.errands.keep(settings.clone());
                    self.changed = None;
                }
            }
            _ => {
                self.changed = Some((settings.clone(), Instant::now()));
                ctx.request_repaint_after(KEEP_AFTER);
            }
        }
    }

    fn look_at_memory(&mut self, ctx: &Context) {
        if self.memory_seen.is_none_or(|seen| seen.elapsed() >= MEMORY_EVERY) {
            self.memory_seen = Some(Instant::now());
            self.panels.resident_bytes = resident_bytes();
        }
        // Nothing else may draw the next frame; a figure that is a little old harms nobody.
        if !self.state.jobs.is_empty() {
            ctx.request_repaint_after(MEMORY_EVERY);
        }
    }

    /// Runs of other programs go on without saying so: look at their logs now and then, while they are looked at.
    fn look_at_runs(&mut self, ctx: &Context) {
        let is_unfinished = |run: &RunEntry| !run.is_ours() && run.status != RunStatus::Finished;
        let is_watched =
            self.state.settings.layout.is_training_open && self.state.training.runs.iter().any(is_unfinished);
        if !is_watched {
            return;
        }
        if self.runs_seen.is_none_or(|seen| seen.elapsed() >= RUNS_EVERY) {
            self.runs_seen = Some(Instant::now());
            self.act(Action::Training(TrainingAction::Poll));
        }
        ctx.request_repaint_after(RUNS_EVERY);
    }

    /// What was copied in the window goes to the system's clipboard.
    fn carry_copies(&self, ctx: &Context) {
        let copied = ctx.output(|output| {
            output.commands.iter().rev().find_map(|command| match command {
                OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
        });
        if let Some(text) = copied {
            self.errands.clipboard(Request::Copy(text));
        }
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, frame: &mut eframe::Frame) {
        if self.frames == 1 {
            self.start(ctx, frame);
        }
        self.hear(ctx);
        self.watch(ctx);
        self.flush();
        theme::wear(ctx, self.state.settings.theme);
        if let Some(bridge) = &mut self.bridge {
            bridge.choose(self.state.settings.evaluator, ctx);
            self.panels.adapter = Some(bridge.describe());
        }
        self.keep_settings(ctx);
        self.look_at_memory(ctx);
        self.look_at_runs(ctx);
        if let Some(secs) = frame.info().cpu_usage {
            self.panels.frames.add(secs);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        for action in shortcuts::pressed(&ctx, &self.state) {
            self.act(action);
        }
        let mut actions = Vec::new();
        panels::show(ui, &self.state, &mut self.panels, self.bridge.as_mut(), &mut actions);
        if !actions.is_empty() {
            ctx.request_repaint();
        }
        for action in actions {
            self.act(action);
        }
        self.flush();
        self.carry_copies(&ctx);
        if self.frames == 0 {
            ctx.request_repaint();
        }
        self.frames += 1;
    }

    fn raw_input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        let is_typing = ctx.text_edit_focused();
        for event in &mut input.events {
            let Input::Key { key, pressed: true, modifiers, .. } = event else { continue };
            if !modifiers.command || !is_typing {
                continue;
            }
            match key {
                Key::C => *event = Input::Copy,
                Key::X => *event = Input::Cut,
                Key::V => self.errands.clipboard(Request::Text(self.pasted.0.clone())),
                _ => {}
            }
        }
        // It may have arrived after the field was left.
        input.events.extend(self.pasted.1.try_iter().filter(|_| is_typing).map(Input::Paste));
    }

    fn on_exit(&mut self) {
        if self.state.settings != self.kept {
            self.errands.keep(self.state.settings.clone());
        }
        self.errands.finish();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::palette_of(visuals.dark_mode).panel.to_normalized_gamma_f32()
    }
}

/// The job that a command is for.
fn job_of(command: &Command) -> JobId {
    match command {
        Command::Open { job, .. }
        | Command::Encode { job, .. }
        | Command::Refine { job, .. }
        | Command::SaveField { job, .. }
        | Command::ExportImage { job, .. }
        | Command::ExportObject { job, .. }
        | Command::ExportSound { job, .. }
        | Command::Mesh { job, .. }
        | Command::LoadModel { job, .. }
        | Command::Cancel { job } => *job,
    }
}
