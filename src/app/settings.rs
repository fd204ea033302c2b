use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::theme::size;
use super::training::{ChartLook, KnownRun, TrainingTab};
use crate::limits;
use crate::media::Framing;
use crate::model::SignalKind;
use crate::storage::write_atomically;
use crate::train::RefineConfig;

/// What is remembered from one run to the next: a JSON file in the configuration folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light, dark, or the system's.
    pub theme: ThemeChoice,
    /// How pictures are framed.
    pub framing: Framing,
    /// Longest side of the reference, in pixels.
    pub reference_side_px: u32,
    /// What transparent pixels are shown on, sRGB.
    pub background: [u8; 3],
    /// Who evaluates the field for the screen.
    pub evaluator: EvaluatorChoice,
    /// How refining pictures goes.
    pub refine: RefineConfig,
    /// How refining objects goes.
    pub refine_object: RefineConfig,
    /// How refining sounds goes.
    pub refine_sound: RefineConfig,
    /// How objects are refined of which several views are known.
    pub refine_views: RefineConfig,
    /// Whether what was turned by hand goes on turning for a while.
    pub has_momentum: bool,
    /// The panes.
    pub layout: PaneLayout,
    /// The window.
    pub window: WindowPlace,
    /// Files that were opened, the latest first.
    pub recent: Vec<PathBuf>,
    /// The folder that was last read from or written to.
    pub folder: Option<PathBuf>,
    /// The checkpoint in use for pictures; `None` is the bundled one.
    pub model: Option<PathBuf>,
    /// The checkpoint in use for objects.
    pub object_model: Option<PathBuf>,
    /// The checkpoint in use for sounds.
    pub sound_model: Option<PathBuf>,
    /// The sound output that was chosen; `None` leaves it to the system.
    pub sound_output: Option<String>,
    /// Training runs, in the order of the list.
    pub runs: Vec<KnownRun>,
    /// Folders of runs that were taken off the list.
    pub forgotten_runs: Vec<PathBuf>,
    /// Where new runs are kept; `None` is the platform's own place.
    pub runs_folder: Option<PathBuf>,
    /// How curves are drawn.
    pub chart: ChartLook,
    /// What the middle of the training panel shows.
    pub training_tab: TrainingTab,
}

/// Light, dark, or the system's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Who evaluates the field for the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EvaluatorChoice {
    /// The GPU, unless it is a software one.
    #[default]
    Auto,
    /// The CPU evaluator.
    Cpu,
    /// The shaders.
    Gpu,
}

/// Where the panes are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaneLayout {
    /// In points.
    pub library_width: f32,
    /// In points.
    pub inspector_width: f32,
    /// Whether the library is shown.
    pub is_library_open: bool,
    /// Whether the inspector is shown.
    pub is_inspector_open: bool,
    /// Whether the training panel is shown.
    pub is_training_open: bool,
    /// Height of the training panel, in points.
    pub training_height: f32,
}

/// Size of the window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowPlace {
    /// In points.
    pub width: f32,
    /// In points.
    pub height: f32,
    /// Whether it fills the screen.
    pub is_maximized: bool,
}

/// Recent files that are kept.
const MAX_RECENT: usize = 12;
/// What a field is refined towards: each has its own usual steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// A picture in itself.
    Picture,
    /// The one picture of an object.
    Object,
    /// Several views of an object.
    Views,
    /// A sound.
    Sound,
}

/// Several views: steps are the same for any number of them above one.
const VIEWS: usize = 2;
/// Most refine steps in one go.
pub(crate) const MAX_REFINE_STEPS: u32 = 100_000;
/// Learning rates that make sense at all.
pub(crate) const LEARNING_RATES: std::ops::RangeInclusive<f64> = 1e-5..=0.1;
/// Smallest reference side, in pixels.
pub(crate) const MIN_REFERENCE_SIDE_PX: u32 = 32;
/// Widths that the panes may have, in points.
pub(crate) const PANE_WIDTHS: std::ops::RangeInclusive<f32> = size::PANE_WIDTH_MIN..=size::PANE_WIDTH_MAX;
/// Heights that the training panel may have, in points.
pub(crate) const TRAINING_HEIGHTS: std::ops::RangeInclusive<f32> =
    size::TRAINING_HEIGHT_MIN..=size::TRAINING_HEIGHT_MAX;
/// Most steps that a smoothed curve remembers.
pub(crate) const MAX_SMOOTHING: f64 = 10_000.0;
/// Training runs that are kept.
const MAX_RUNS: usize = 500;
/// Sizes that the window may have, in points.
const WINDOW_SIDES: std::ops::RangeInclusive<f32> = size::WINDOW_SIDE_MIN..=size::WINDOW_SIDE_MAX;

/// What the window does not show is as the program has it now.
fn within(refine: RefineConfig, usual: RefineConfig) -> RefineConfig {
    let is_possible = LEARNING_RATES.contains(&refine.learning_rate);
    let learning_rate = if is_possible { refine.learning_rate } else { usual.learning_rate };
    RefineConfig { steps: refine.steps.clamp(1, MAX_REFINE_STEPS), learning_rate, ..usual }
}

impl Settings {
    /// The checkpoint in use for a kind of signal; `None` is the bundled one.
    pub(crate) fn model_of(&mut self, kind: SignalKind) -> &mut Option<PathBuf> {
        match kind {
            SignalKind::Image => &mut self.model,
            SignalKind::Object => &mut self.object_model,
            SignalKind::Sound => &mut self.sound_model,
        }
    }

    /// How refining goes.
    pub(crate) fn refine_towards(&self, goal: Goal) -> RefineConfig {
        match goal {
            Goal::Picture => self.refine,
            Goal::Object => self.refine_object,
            Goal::Views => self.refine_views,
            Goal::Sound => self.refine_sound,
        }
    }

    pub(crate) fn refine_towards_mut(&mut self, goal: Goal) -> &mut RefineConfig {
        match goal {
            Goal::Picture => &mut self.refine,
            Goal::Object => &mut self.refine_object,
            Goal::Views => &mut self.refine_views,
            Goal::Sound => &mut self.refine_sound,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            framing: Framing::default(),
            reference_side_px: limits::DEFAULT_REFERENCE_SIDE_PX,
            background: [255; 3],
            evaluator: EvaluatorChoice::default(),
            refine: RefineConfig::default(),
            refine_object: RefineConfig::of_object(1),
            refine_sound: RefineConfig::of_sound(),
            refine_views: RefineConfig::of_object(VIEWS),
            has_momentum: true,
            layout: PaneLayout::default(),
            window: WindowPlace::default(),
            recent: Vec::new(),
            folder: None,
            model: None,
            object_model: None,
            sound_model: None,
            sound_output: None,
            runs: Vec::new(),
            forgotten_runs: Vec::new(),
            runs_folder: None,
            chart: ChartLook::default(),
            training_tab: TrainingTab::default(),
        }
    }
}

impl Default for PaneLayout {
    fn default() -> Self {
        Self {
            library_width: size::LIBRARY_WIDTH,
            inspector_width: size::INSPECTOR_WIDTH,
            is_library_open: true,
            is_inspector_open: true,
            is_training_open: false,
            training_height: size::TRAINING_HEIGHT,
        }
    }
}

impl Default for WindowPlace {
    fn default() -> Self {
        Self { width: size::WINDOW_WIDTH, height: size::WINDOW_HEIGHT, is_maximized: false }
    }
}

impl Settings {
    /// The folder that settings are kept in: `HYPERSCOPE_CONFIG_DIR`, or the platform's own place.
    #[must_use]
    pub fn folder() -> Option<PathBuf> {
        if let Some(folder) = std::env::var_os("HYPERSCOPE_CONFIG_DIR") {
            return Some(folder.into());
        }
        Some(directories::ProjectDirs::from("", "", "hyperscope")?.config_dir().to_owned())
    }

    /// Where new training runs are kept.
    #[must_use]
    pub fn runs_root(&self) -> Option<PathBuf> {
        let usual = || Some(directories::ProjectDirs::from("", "", "hyperscope")?.data_dir().join("runs"));
        self.runs_folder.clone().or_else(usual)
    }

    /// The settings file of a folder.
    #[must_use]
    pub fn file(folder: &Path) -> PathBuf {
        folder.join("settings.json")
    }

    /// Read the settings of a folder. None there: the defaults. A damaged file is set aside under another
    /// name, and the sentence says so.
    #[must_use]
    pub fn load(folder: &Path) -> (Self, Option<String>) {
        let file = Self::file(folder);
        if std::fs::metadata(&file).is_ok_and(|found| found.len() > limits::JSON_BYTES) {
            return (Self::default(), Some(Self::set_aside(&file, "it is too large")));
        }
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return (Self::default(), None),
            Err(err) => {
                let what = format!("The settings cannot be read, so the defaults are in use: {err}");
                return (Self::default(), Some(what));
            }
        };
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(settings) => (settings.within_limits(), None),
            Err(err) => (Self::default(), Some(Self::set_aside(&file, &err.to_string()))),
        }
    }

    fn set_aside(file: &Path, reason: &str) -> String {
        let free = (0..).map(|n| file.with_file_name(format!("settings.damaged-{n}.json")));
        let Some(aside) = free.take(1_000).find(|path| !path.exists()) else {
            return format!("The settings file is damaged ({reason}), so the defaults are in use");
        };
        let name = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match std::fs::rename(file, &aside) {
            Ok(()) => format!(
                "The settings file was damaged ({reason}); it is kept as {name}, and the defaults are in use"
            ),
            Err(err) => format!("The settings file is damaged and cannot be set aside: {err}"),
        }
    }

    /// Write the settings into a folder, which is made where it is absent.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        write_atomically(&Self::file(folder), |writer| {
            serde_json::to_writer_pretty(&mut *writer, self).map_err(io::Error::from)?;
            writer.write_all(b"\n")
        })
    }

    /// Put a file at the head of the recent ones.
    pub(crate) fn remember(&mut self, path: &Path) {
        self.recent.retain(|known| known != path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(MAX_RECENT);
        self.folder = path.parent().map(Path::to_owned);
    }

    /// A person may have written the file: nothing in it may do harm.
    fn within_limits(mut self) -> Self {
        let clamp = |value: f32, range: std::ops::RangeInclusive<f32>, otherwise: f32| {
            if value.is_finite() { value.clamp(*range.start(), *range.end()) } else { otherwise }
        };
        let (layout, window) = (PaneLayout::default(), WindowPlace::default());
        self.reference_side_px =
            self.reference_side_px.clamp(MIN_REFERENCE_SIDE_PX, limits::REFERENCE_SIDE_PX);
        self.refine = within(self.refine, RefineConfig::default());
        self.refine_object = within(self.refine_object, RefineConfig::of_object(1));
        self.refine_sound = within(self.refine_sound, RefineConfig::of_sound());
        self.refine_views = within(self.refine_views, RefineConfig::of_object(VIEWS));
        self.layout.library_width = clamp(self.layout.library_width, PANE_WIDTHS, layout.library_width);
        self.layout.inspector_width = clamp(self.layout.inspector_width, PANE_WIDTHS, layout.inspector_width);
        self.layout.training_height =
            clamp(self.layout.training_height, TRAINING_HEIGHTS, layout.training_height);
        self.chart.smoothing = self.chart.smoothing.clamp(0.0, MAX_SMOOTHING);
        self.runs.truncate(MAX_RUNS);
        self.forgotten_runs.truncate(MAX_RUNS);
        self.window.width = clamp(self.window.width, WINDOW_SIDES, window.width);
        self.window.height = clamp(self.window.height, WINDOW_SIDES, window.height);
        self.recent.truncate(MAX_RECENT);
        self
    }
}
