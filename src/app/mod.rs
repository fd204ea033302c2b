//! The window: state, one reducer, panels that read and answer with actions, and the bridges to the
//! engine and to the screen.
//!
//! ```text
//!  engine events, previews ─┐
//!  errands' answers ────────┼─► Action ─► reduce(&mut State) ─► Effect ─► engine, errands
//!  panels(&State) ──────────┘
//! ```

mod action;
mod bridge;
mod clipboard;
mod errands;
mod files;
mod format;
mod item;
mod listening;
mod object_look;
mod panels;
mod reducer;
mod run;
mod samples;
mod settings;
mod shortcuts;
mod sound_look;
mod state;
mod theme;
mod training;
mod training_errands;
mod window;
mod worker;

pub use action::{Action, Change, Effect, ViewChange};
pub use files::{FileForm, FilePurpose, Film};
pub use item::{Curve, Item, Refinement};
pub use object_look::{Behind, ObjectLook, OrbitChange, Surface};
pub use reducer::reduce;
pub use run::run;
pub use samples::{SAMPLES, Sample};
pub use settings::{EvaluatorChoice, Goal, PaneLayout, Settings, ThemeChoice, WindowPlace};
pub use sound_look::{FrequencyScale, Listening, SoundChange, SoundLook, SoundPlace, SpectrumOf};
pub use state::{Dialog, Job, Look, ModelState, Notice, NoticeId, NoticeKind, ShelfKey, State, Work};
pub use training::{
    Answer, Axis, Budget, ChartLook, Curves, FoundRun, KnownRun, Preset, RunEntry, RunStatus, Shown,
    TrainForm, Training, TrainingAction, TrainingFile, TrainingTab,
};
pub use window::{Opening, Window};
