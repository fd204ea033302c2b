//! Files and folders that are asked for by the training panel.

/// What a file or a folder is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingFile {
    /// The folder to learn from.
    Data,
    /// The backbone's weights.
    Backbone,
    /// The model to start from.
    StartingModel,
    /// The folder of the new run.
    RunFolder,
    /// A run's folder, or one with runs in it.
    OpenRuns,
    /// To read settings from.
    OpenSettings,
    /// To keep settings in.
    SaveSettings,
    /// To write the selected run's log into.
    ExportLog,
}

impl TrainingFile {
    /// Whether the file is written.
    pub(crate) fn is_written(self) -> bool {
        matches!(self, Self::SaveSettings | Self::ExportLog)
    }

    /// Whether a folder is asked for.
    pub(crate) fn is_folder(self) -> bool {
        matches!(self, Self::Data | Self::RunFolder | Self::OpenRuns)
    }

    /// Whether it is asked for by the form, which is shown again afterwards.
    pub(crate) fn is_of_form(self) -> bool {
        !matches!(self, Self::OpenRuns | Self::ExportLog)
    }

    /// Heading of its dialog.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Data => "Folder to learn from",
            Self::Backbone => "Backbone's weights",
            Self::StartingModel => "Model to start from",
            Self::RunFolder => "Folder of the run",
            Self::OpenRuns => "Open runs",
            Self::OpenSettings => "Open settings",
            Self::SaveSettings => "Save settings",
            Self::ExportLog => "Export log",
        }
    }

    /// What is to be typed, for the path field.
    pub(crate) fn remark(self) -> &'static str {
        match self {
            Self::Data => "A folder of pictures, of objects or of sounds",
            Self::Backbone => "A weights file of a foundation model",
            Self::StartingModel => "A checkpoint in the safetensors format",
            Self::RunFolder => "A folder that has no run yet",
            Self::OpenRuns => "The folder of a run, or one with runs in it",
            Self::OpenSettings | Self::SaveSettings => "A run.toml, as the command line reads it",
            Self::ExportLog => "csv, jsonl, or tfevents for TensorBoard, by the name",
        }
    }

    /// Kinds of file that its dialog offers.
    pub(crate) fn filters(self) -> Vec<(&'static str, &'static [&'static str])> {
        match self {
            Self::Data | Self::RunFolder | Self::OpenRuns => Vec::new(),
            Self::Backbone => vec![("Weights", &["safetensors", "pth", "pt", "bin"])],
            Self::StartingModel => vec![("Safetensors", &["safetensors"])],
            Self::OpenSettings | Self::SaveSettings => vec![("Settings", &["toml"])],
            Self::ExportLog => vec![
                ("Comma-separated values", &["csv"]),
                ("JSON lines", &["jsonl"]),
                ("TensorBoard events", &["tfevents"]),
            ],
        }
    }

    /// What its button says.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::SaveSettings => "Save",
            Self::ExportLog => "Export",
            _ => "Choose",
        }
    }

    /// The file name that is suggested.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::SaveSettings => Some("run.toml"),
            Self::ExportLog => Some("log.csv"),
            _ => None,
        }
    }
}
