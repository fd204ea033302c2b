use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::values::{
    BenchPart, Colour, DeviceName, FramingName, KindName, ModeName, OptimizerName, RegionArg, Size,
    SplitName, ViewArg,
};
use crate::limits;
use crate::train::RefineConfig;

/// Drop a picture; a hypernetwork writes a small neural network for it, the field; look into the field.
///
/// Without a verb, the window opens, with the files given.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    /// Files to open in the window: pictures, fields, models.
    pub(super) files: Vec<PathBuf>,
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write the field of a picture, in one forward pass of the hypernetwork
    Encode(EncodeArgs),
    /// Evaluate a field as a picture of any size
    Render(RenderArgs),
    /// Improve a field by gradient steps on its own weights, towards its picture
    Refine(RefineArgs),
    /// How close a field is to its picture: PSNR and SSIM
    Compare(CompareArgs),
    /// Train a hypernetwork on a folder of pictures
    Train(TrainArgs),
    /// What a model gives for held-out pictures: each, and the mean
    Evaluate(EvaluateArgs),
    /// Make data to train on
    Dataset {
        /// What to make
        #[command(subcommand)]
        verb: DatasetVerb,
    },
    /// Say what a file is: a picture, a field, a model or a backbone
    Inspect(InspectArgs),
    /// Say what this machine has: adapters, devices, versions, limits, the default model
    Doctor(DoctorArgs),
    /// Measure every part on this machine, beside what the machine could do
    Bench(BenchArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum DatasetVerb {
    /// Render a folder of GLB files to pictures from known places, a folder with transforms.json for each
    Render(RenderDatasetArgs),
}

#[derive(Debug, Args)]
pub(super) struct RenderDatasetArgs {
    /// A folder of .glb files; the folders in it are classes
    pub(super) folder: PathBuf,
    /// The folder of the pictures; what is complete there already is kept
    #[arg(short, long)]
    pub(super) out: PathBuf,
    /// Pictures of each object
    #[arg(long, default_value_t = 24)]
    pub(super) views: usize,
    /// Side of a picture, in pixels
    #[arg(long, value_name = "PX", default_value_t = 96)]
    pub(super) size: u32,
    /// Of the cameras' places
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// How a picture becomes the reference of a field.
#[derive(Debug, Args)]
pub(super) struct FramingArgs {
    /// What becomes of a picture that is not square
    #[arg(long, value_enum)]
    pub(super) framing: Option<FramingName>,
    /// Longest side of the reference picture, in pixels
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::REFERENCE_SIDE_PX)))]
    pub(super) reference: Option<u32>,
    /// What transparent pixels are shown on, as RRGGBB
    #[arg(long, value_name = "COLOUR", default_value = "ffffff")]
    pub(super) background: Colour,
}

#[derive(Debug, Args)]
pub(super) struct EncodeArgs {
    /// Pictures
    #[arg(required = true)]
    pub(super) inputs: Vec<PathBuf>,
    /// A model checkpoint; the bundled one if left out
    #[arg(long)]
    pub(super) model: Option<PathBuf>,
    /// The field file; a folder if there are several inputs [default: NAME.field.safetensors beside you]
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: Option<PathBuf>,
    /// Keep the weights in 16 bits: half the bytes
    #[arg(long)]
    pub(super) half: bool,
    #[command(flatten)]
    pub(super) framing: FramingArgs,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// A field file
    pub(super) field: PathBuf,
    /// Size of the picture, as 512x384
    #[arg(long, value_name = "WxH")]
    pub(super) size: Size,
    /// The part to render, in fractions of the picture: left,top,right,bottom
    #[arg(long, value_name = "X0,Y0,X1,Y1", default_value = "0,0,1,1", allow_hyphen_values = true)]
    pub(super) region: RegionArg,
    /// Of an object: degrees to the right of the input camera and above it, and if given the distance and the angle
    /// of view, as 30,10,4,30
    #[arg(long, value_name = "AZ,EL[,DIST[,FOV]]", allow_hyphen_values = true)]
    pub(super) view: Option<ViewArg>,
    /// Samples of a ray through an object
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(super) samples: u32,
    /// Who evaluates: the CPU, or WGSL on the graphics adapter
    #[arg(long, value_enum, default_value = "cpu")]
    pub(super) device: DeviceName,
    /// The picture: .png, .jpg, .webp or .exr
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RefineArgs {
    /// A field file
    pub(super) field: PathBuf,
    /// The picture that it should come close to
    pub(super) input: PathBuf,
    /// Gradient steps
    #[arg(long, default_value_t = RefineConfig::default().steps)]
    pub(super) steps: u32,
    #[command(flatten)]
    pub(super) refining: StepArgs,
    /// The refined field's file
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) framing: FramingArgs,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// A field file
    pub(super) field: PathBuf,
    /// Its picture
    pub(super) input: PathBuf,
    #[command(flatten)]
    pub(super) framing: FramingArgs,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// Any file
    pub(super) file: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// What kind of signal it learns
    #[arg(long, value_enum, default_value = "image")]
    pub(super) kind: KindName,
    /// A folder of pictures, or of objects with their posed views
    #[arg(long)]
    pub(super) data: PathBuf,
    /// Which weights learn
    #[arg(long, value_enum)]
    pub(super) mode: ModeName,
    /// The pretrained backbone's weights, .safetensors; scratch takes only its size from it
    #[arg(long)]
    pub(super) backbone: Option<PathBuf>,
    /// A model to start from, with all of its weights, instead of a backbone alone; to be given again with --resume
    #[arg(long, value_name = "MODEL")]
    pub(super) from: Option<PathBuf>,
    /// Settings; what the file leaves out is as in the default model's recipe
    #[arg(long, value_name = "RUN.toml")]
    pub(super) config: Option<PathBuf>,
    /// The folder of the run
    #[arg(long)]
    pub(super) out: PathBuf,
    /// Go on with the run in that folder
    #[arg(long)]
    pub(super) resume: bool,
    /// Gradient steps, instead of the settings'
    #[arg(long)]
    pub(super) steps: Option<u32>,
    /// Seed, instead of the settings'
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// A model checkpoint
    pub(super) model: PathBuf,
    /// A folder of pictures
    #[arg(long)]
    pub(super) data: PathBuf,
    /// Which of its pictures
    #[arg(long, value_enum, default_value = "held-out")]
    pub(super) split: SplitName,
    /// Side of the square reference, in pixels
    #[arg(long, value_name = "PX", default_value_t = limits::DEFAULT_REFERENCE_SIDE_PX,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::REFERENCE_SIDE_PX)))]
    pub(super) reference: u32,
    /// Also after so many refine steps, as 30,100,300
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    pub(super) refine: Vec<u32>,
    #[command(flatten)]
    pub(super) refining: StepArgs,
    /// Beside the mean colour, an 8x8 thumbnail, and the same refining from other weights
    #[arg(long)]
    pub(super) baselines: bool,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    pub(super) what: BenchPart,
    /// Seconds for each measurement, about
    #[arg(long, default_value_t = 2.0)]
    pub(super) seconds: f64,
    /// Leave the training steps out
    #[arg(long)]
    pub(super) quick: bool,
    /// What tests/golden/peer.py wrote on this machine, to compare the training steps with
    #[arg(long, value_name = "JSON")]
    pub(super) peer: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// How refine steps are taken.
#[derive(Debug, Args)]
pub(super) struct StepArgs {
    /// What moves the field's hidden weight matrices
    #[arg(long, value_enum, default_value_t = RefineConfig::default().optimizer.into())]
    optimizer: OptimizerName,
    /// Learning rate of the refine steps
    #[arg(long, default_value_t = RefineConfig::default().learning_rate)]
    lr: f64,
    /// Pixels in a refine step, about: the crossings of random rows and columns
    #[arg(long, default_value_t = RefineConfig::default().pixels_per_step)]
    pixels: usize,
    /// Seed of the pixel draws
    #[arg(long, default_value_t = RefineConfig::default().seed)]
    seed: u64,
}

impl StepArgs {
    /// As they say, for so many steps.
    pub(super) fn config(&self, steps: u32) -> RefineConfig {
        RefineConfig {
            steps,
            optimizer: self.optimizer.into(),
            learning_rate: self.lr,
            pixels_per_step: self.pixels,
            seed: self.seed,
        }
    }
}
