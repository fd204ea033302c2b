use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{RunId, RunNews};
use crate::camera::Orbit;
use crate::export::{FilmConfig, Mesh, StillConfig};
use crate::field::{CropBox, FieldRecord};
use crate::media::{Framing, ObjectFraming, Picture, SampleDepth, Signal};
use crate::model::SignalKind;
use crate::storage::Identity;
use crate::train::{Closeness, RefineConfig, RefineProgress};

/// One piece of work. The sender chooses it; answers carry it; it is never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// One thing in the library. The sender chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(pub u64);

/// Where bytes come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A file.
    Path(PathBuf),
    /// Bytes at hand, with a name: a bundled sample, the clipboard.
    Bytes {
        /// A file name, for people.
        name: String,
        /// The file's bytes.
        bytes: Arc<[u8]>,
    },
}

/// What the engine is asked to do. Every command with a job is answered by exactly one final event
/// for that job.
#[derive(Debug, Clone)]
pub enum Command {
    /// Find out by content what this is. A picture: decode and frame it ([`Event::Opened`]), then encode
    /// it ([`Event::Encoded`], final). A field file: [`Event::Encoded`] without a signal. A checkpoint: it
    /// becomes the model ([`Event::ModelReady`], final). Other weights: they are described
    /// ([`Event::Inspected`], final).
    Open {
        /// The job.
        job: JobId,
        /// The library entry that it is for.
        item: ItemId,
        /// The bytes.
        origin: Origin,
        /// How it is read.
        reading: Reading,
    },
    /// Write the field of a signal again, with the present model ([`Event::Encoded`]).
    Encode {
        /// The job.
        job: JobId,
        /// The library entry.
        item: ItemId,
        /// What to encode.
        signal: Signal,
    },
    /// Refine a field towards its signal. Previews go to the slot; [`Event::Refined`] is final, also
    /// after a cancel, which keeps the best so far.
    Refine {
        /// The job.
        job: JobId,
        /// The library entry.
        item: ItemId,
        /// Where to start.
        record: Arc<FieldRecord>,
        /// What to come close to.
        signal: Signal,
        /// How.
        config: RefineConfig,
        /// So many fields with random weights are refined beside it, each as many steps of the same draws, in turn.
        rivals: u64,
    },
    /// Write a field file ([`Event::Saved`]).
    SaveField {
        /// The job.
        job: JobId,
        /// What to write.
        record: Arc<FieldRecord>,
        /// Where to.
        path: PathBuf,
    },
    /// Evaluate a field at any size and write a picture, its format by the extension ([`Event::Saved`]).
    ExportImage {
        /// The job.
        job: JobId,
        /// What to evaluate.
        record: Arc<FieldRecord>,
        /// Where to.
        path: PathBuf,
        /// Width and height in pixels.
        size_px: (u32, u32),
    },
    /// Draw an object, film it, or write its surface or its density ([`Event::Saved`]).
    ExportObject {
        /// The job.
        job: JobId,
        /// The field.
        record: Arc<FieldRecord>,
        /// Where to.
        path: PathBuf,
        /// What.
        what: ObjectExport,
    },
    /// Evaluate the field of a sound at any rate, into a WAV file ([`Event::Saved`]).
    ExportSound {
        /// The job.
        job: JobId,
        /// What to evaluate.
        record: Arc<FieldRecord>,
        /// Where to.
        path: PathBuf,
        /// Samples in a second.
        rate_hz: u32,
        /// How they are kept.
        depth: SampleDepth,
    },
    /// Find the surface of an object ([`Event::Meshed`]).
    Mesh {
        /// The job.
        job: JobId,
        /// The library entry.
        item: ItemId,
        /// The field.
        record: Arc<FieldRecord>,
        /// How.
        config: MeshConfig,
    },
    /// Make this checkpoint the model of its kind ([`Event::ModelReady`]); `None` is the bundled one.
    LoadModel {
        /// The job.
        job: JobId,
        /// Of which kind the bundled one is wanted; a checkpoint says its own.
        kind: SignalKind,
        /// The checkpoint.
        origin: Option<Origin>,
    },
    /// Stop a job as soon as it can be; it still ends with a final event.
    Cancel {
        /// The job.
        job: JobId,
    },
}

/// How bytes are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// What a picture is of; where `None`, one with alpha or a plain background is of an object.
    pub kind: Option<SignalKind>,
    /// How a picture is framed.
    pub framing: Framing,
    /// Longest side of the reference, in pixels.
    pub reference_side_px: u32,
    /// What transparent pixels are shown on, sRGB.
    pub background: [u8; 3],
    /// How the picture of an object is framed.
    pub object: ObjectFraming,
}

/// What is written of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectExport {
    /// A picture from one place.
    Still(Orbit, StillConfig),
    /// A film along these places.
    Film(Vec<Orbit>, FilmConfig),
    /// Its surface.
    Mesh(MeshConfig),
    /// Its density at so many nodes along a side.
    Density(usize),
}

/// How the surface of an object is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeshConfig {
    /// Density on the surface, in opacity per unit of depth.
    pub threshold: f32,
    /// Nodes along a side of the cube that holds the object.
    pub grid: usize,
    /// What alone is looked at.
    pub crop: CropBox,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Waiting for a worker.
    Queued,
    /// Reading and decoding.
    Decoding,
    /// The hypernetwork's forward pass.
    Encoding,
    /// Gradient steps.
    Refining,
    /// Evaluating a field for a file.
    Exporting,
    /// Finding the surface of an object.
    Meshing,
    /// Writing a file.
    Saving,
    /// Reading a checkpoint.
    LoadingModel,
}

/// Where the time of an encoding went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Reading, decoding and framing; zero where the signal was at hand.
    pub decode: Duration,
    /// Backbone with its weight tokens.
    pub backbone: Duration,
    /// Heads.
    pub heads: Duration,
    /// Composition of the field's weights, and their way to plain memory.
    pub compose: Duration,
}

/// A field that was written or read.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The field and its history.
    pub record: Arc<FieldRecord>,
    /// Against the reference; `None` where there is no signal to compare with.
    pub closeness: Option<Closeness>,
    /// Where the time went; `None` for a field file.
    pub timings: Option<Timings>,
}

/// The model in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// What it reads.
    pub kind: SignalKind,
    /// Its file.
    pub identity: Identity,
    /// One line for people: backbone, mode, composer, input side, field.
    pub summary: String,
    /// Parameters of backbone and hypernetwork together.
    pub num_params: usize,
    /// Parameters of a field that it writes.
    pub field_params: usize,
    /// Side of the square that the backbone reads, in pixels.
    pub input_side_px: u32,
}

/// A field in the middle of a refinement: a latest value, not an event.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The refinement.
    pub job: JobId,
    /// The library entry.
    pub item: ItemId,
    /// The field as it is now.
    pub record: Arc<FieldRecord>,
    /// How far it is.
    pub progress: RefineProgress,
    /// PSNR in dB of its rivals, when they were last measured.
    pub rivals_db: Vec<f64>,
}

/// What the engine says. Events arrive in order and are never dropped.
#[derive(Debug, Clone)]
pub enum Event {
    /// A job entered a stage.
    Stage {
        /// The job.
        job: JobId,
        /// What it does now.
        stage: Stage,
        /// How much of the stage is done, where that is known.
        fraction: Option<f32>,
    },
    /// A picture was decoded and framed; its encoding follows.
    Opened {
        /// The job.
        job: JobId,
        /// The library entry.
        item: ItemId,
        /// The framed picture.
        signal: Signal,
        /// Small enough for a list.
        thumbnail: Arc<Picture>,
    },
    /// Final: a field was written by the model or read from a file.
    Encoded {
        /// The job.
        job: JobId,
        /// The library entry.
        item: ItemId,
        /// The field.
        encoded: Encoded,
    },
    /// Final: a refinement ended, or was stopped and kept its best.
    Refined {
        /// The job.
        job: JobId,
        /// The library entry.
        item: ItemId,
        /// The best field.
        encoded: Encoded,
        /// Steps done.
        steps: u32,
        /// PSNR in dB of its rivals.
        rivals_db: Vec<f64>,
    },
    /// Final: the surface of an object was found.
    Meshed {
        /// The job.
        job: JobId,
        /// The library entry.
        item: ItemId,
        /// The surface.
        mesh: Arc<Mesh>,
    },
    /// Final: a file was written.
    Saved {
        /// The job.
        job: JobId,
        /// The file.
        path: PathBuf,
    },
    /// Final: a checkpoint is the model now.
    ModelReady {
        /// The job.
        job: JobId,
        /// What it is.
        info: ModelInfo,
    },
    /// Of a training run, which is no job.
    Training {
        /// The run.
        run: RunId,
        /// What.
        news: RunNews,
    },
    /// Final: the file holds weights that are no field and no model of this program.
    Inspected {
        /// The job.
        job: JobId,
        /// The library entry.
        item: ItemId,
        /// What it is, in a sentence.
        summary: String,
        /// What becomes of its tensors, for the fold.
        details: String,
    },
    /// Final: the job was cancelled and left nothing.
    Cancelled {
        /// The job.
        job: JobId,
    },
    /// Final: the job failed, or its worker panicked. The program goes on.
    Failed {
        /// The job.
        job: JobId,
        /// The library entry, if it was for one.
        item: Option<ItemId>,
        /// One sentence that a person can act on.
        message: String,
        /// The chain of causes, for the fold.
        details: String,
    },
}

impl Event {
    /// The job that this event is the last one of.
    #[must_use]
    pub fn ended(&self) -> Option<JobId> {
        match self {
            Self::Stage { .. } | Self::Opened { .. } | Self::Training { .. } => None,
            Self::Encoded { job, .. }
            | Self::Refined { job, .. }
            | Self::Meshed { job, .. }
            | Self::Saved { job, .. }
            | Self::ModelReady { job, .. }
            | Self::Inspected { job, .. }
            | Self::Cancelled { job }
            | Self::Failed { job, .. } => Some(*job),
        }
    }
}
