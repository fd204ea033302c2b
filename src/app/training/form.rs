use std::path::PathBuf;
use std::time::Duration;

use crate::app::files::path_from_text;
use crate::engine::{BackboneLook, DataLook, RunId};
use crate::field::Architecture;
use crate::model::{BackboneConfig, Contents, Mode, ModelConfig, SignalKind};
use crate::train::{RunConfig, RunSources, Trial, vit_tiny};

/// What a new run is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainForm {
    /// Its settings.
    pub config: RunConfig,
    /// Which weights learn.
    pub mode: Mode,
    /// Where the settings come from.
    pub preset: Preset,
    /// How long it trains.
    pub budget: Budget,
    /// The folder of the data, as typed.
    pub data: String,
    /// The backbone's weights file, as typed.
    pub backbone: String,
    /// The checkpoint to start from, as typed; blank for none.
    pub from: String,
    /// The run's folder, as typed.
    pub out: String,
    /// Whether that is still the one that the program suggested.
    pub is_out_suggested: bool,
    /// What is in the folder of the data.
    pub data_look: Answer<DataLook>,
    /// What the weights file is.
    pub backbone_look: Answer<BackboneLook>,
    /// What a few steps have cost.
    pub trial: Answer<Trial>,
}

/// What was asked and takes a while.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<T> {
    /// Nothing was asked.
    None,
    /// It was asked.
    Waiting(RunId),
    /// The answer.
    Ready(T),
    /// Why there is none.
    Failed(String),
}

/// How long a run trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// As many steps as the settings say.
    Steps,
    /// As many as fit into so long, measured before the first.
    Time(Duration),
}

/// A recipe to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// That of the model that comes with the program.
    Default,
    /// A model half as deep for a field half as wide: minutes on two cores.
    Quick,
    /// As small as anything that learns: to see how it goes.
    Tiny,
}

impl<T> Answer<T> {
    /// The answer, if it is there.
    #[must_use]
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(answer) => Some(answer),
            _ => None,
        }
    }

    /// Whether this is the question that it waits for.
    pub(crate) fn waits_for(&self, run: RunId) -> bool {
        matches!(self, Self::Waiting(asked) if *asked == run)
    }
}

impl Preset {
    /// All of them, with their names and what they are.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Default, "Default", "The recipe of the model that comes with the program"),
        (
            Self::Quick,
            "Quick",
            "Three blocks, smaller batches, a tenth of the steps: some minutes on two cores",
        ),
        (Self::Tiny, "Tiny", "One block and a small field: to see how it goes"),
    ];

    /// Its settings.
    #[must_use]
    pub fn config(self, kind: SignalKind) -> RunConfig {
        let recipe = RunConfig::of(kind);
        match self {
            Self::Default => recipe,
            Self::Quick => RunConfig {
                steps: recipe.steps / 10,
                batch_size: (recipe.batch_size / 2).max(4),
                depth: 3,
                evaluate_every: 50,
                checkpoint_every: 50,
                ema_decay: 0.99,
                ..recipe
            },
            Self::Tiny => RunConfig {
                steps: 200,
                batch_size: 4,
                pixels_per_picture: 512,
                depth: 1,
                groups: 4,
                warm_up_steps: 10,
                evaluate_every: 20,
                checkpoint_every: 20,
                ema_decay: 0.95,
                field: Architecture { hidden: (recipe.field.hidden / 3).next_multiple_of(8), ..recipe.field },
                ..recipe
            },
        }
    }
}

impl TrainForm {
    /// Blank, for a kind of signal.
    #[must_use]
    pub fn new(kind: SignalKind) -> Self {
        Self {
            config: Preset::Default.config(kind),
            mode: Mode::Scratch,
            preset: Preset::Default,
            budget: Budget::Steps,
            data: String::new(),
            backbone: String::new(),
            from: String::new(),
            out: String::new(),
            is_out_suggested: true,
            data_look: Answer::None,
            backbone_look: Answer::None,
            trial: Answer::None,
        }
    }

    /// What a run would be started with; what is missing, as a sentence.
    pub(crate) fn sources(&self) -> Result<RunSources, String> {
        self.sources_of(self.mode)
    }

    /// As [`sources`](Self::sources), for another tuning mode.
    pub(crate) fn sources_of(&self, mode: Mode) -> Result<RunSources, String> {
        let data = path_from_text(&self.data).ok_or("Name the folder of the data")?;
        if let Answer::Failed(why) = &self.data_look {
            return Err(why.clone());
        }
        let (backbone, from) = (path_from_text(&self.backbone), path_from_text(&self.from));
        if mode == Mode::Scratch && from.is_some() {
            return Err("Scratch starts from random weights: leave the model to start from blank, or choose another mode".into());
        }
        if mode != Mode::Scratch && backbone.is_none() && from.is_none() {
            return Err(format!("{mode} starts from a pretrained backbone: name its weights file"));
        }
        if let Some(why) = self.refusal_of_backbone().filter(|_| backbone.is_some()) {
            return Err(why);
        }
        Ok(RunSources { mode, data, backbone, from })
    }

    /// The folder that the run is to have.
    pub(crate) fn target(&self) -> Result<PathBuf, String> {
        path_from_text(&self.out).ok_or_else(|| "Name a folder for the run".into())
    }

    /// The modes that can race with what was named; one that cannot start is left out.
    pub(crate) fn racing_modes(&self) -> Vec<Mode> {
        Mode::ALL.into_iter().filter(|mode| self.sources_of(*mode).is_ok()).collect()
    }

    /// The hypernetwork that would be trained, as far as that is known.
    pub(crate) fn model(&self) -> Option<ModelConfig> {
        let backbone = match self.backbone_config() {
            Some(found) => found.clone(),
            None if self.backbone.trim().is_empty() => vit_tiny(),
            None => return None,
        };
        let model = self.config.model(self.mode, &backbone);
        model.validate().is_ok().then_some(model)
    }

    fn backbone_config(&self) -> Option<&BackboneConfig> {
        match &self.backbone_look.ready()?.inspection.contents {
            Contents::Backbone { config, .. } => Some(config),
            _ => None,
        }
    }

    fn refusal_of_backbone(&self) -> Option<String> {
        match &self.backbone_look {
            Answer::Failed(why) => Some(why.clone()),
            Answer::Ready(look) => match &look.inspection.contents {
                Contents::Backbone { .. } => None,
                Contents::Checkpoint { .. } => {
                    Some("The backbone's file is a trained model: name it as the model to start from".into())
                }
                Contents::Unknown { nearest } => Some(format!("The backbone's file is not known: {nearest}")),
            },
            Answer::None | Answer::Waiting(_) => None,
        }
    }
}
