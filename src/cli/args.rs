use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use clap::builder::TypedValueParser;

use super::convert_args::ConvertArgs;
use super::dataset_args::DatasetVerb;
use super::experiment_args::{ExperimentArgs, ReportArgs};
use super::lpips_args::LpipsArgs;
use super::step_args::StepArgs;
use super::values::{
    Behind, BenchPart, Colour, CropArg, DepthName, DeviceName, FramingName, KindName, ModeName, RegionArg,
    Size, SplitName, ViewArg,
};
use crate::export::MESH_THRESHOLD;
use crate::limits;

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
    /// Write the field of a picture, an object or a sound, in one forward pass of the hypernetwork
    Encode(EncodeArgs),
    /// Evaluate a field as a picture of any size, an object's from any place
    Render(RenderArgs),
    /// Improve a field by gradient steps on its own weights, towards its picture or sound
    Refine(RefineArgs),
    /// How close a field is to its picture or sound: PSNR, and SSIM or SI-SDR and spectral distance
    Compare(CompareArgs),
    /// Film an object's field: an animated GIF or PNG, an MP4 where that was built in, or a folder of pictures
    Turntable(TurntableArgs),
    /// The surface of an object's field as GLB, PLY or OBJ, or its density as an array of numpy's
    Mesh(MeshArgs),
    /// Evaluate the field of a sound at any rate, as a WAV file
    Synth(SynthArgs),
    /// Play the field of a sound, evaluated at the device's own rate, or a recording
    #[cfg(feature = "sound")]
    Play(PlayArgs),
    /// Train a hypernetwork on a folder of pictures, of objects seen from known places, or of sounds
    Train(TrainArgs),
    /// What a model gives for held-out pictures, objects or sounds: each, and the mean
    Evaluate(EvaluateArgs),
    /// Train and measure every combination of some settings, each with the same budget
    Experiment(ExperimentArgs),
    /// What an experiment came to: a page of its own, and Markdown
    Report(ReportArgs),
    /// Write a model or a field again: in 16 bits, or a model with the backbone that it leaves out
    Convert(ConvertArgs),
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
    /// Pictures or sounds; of objects also transforms.json files, or folders with one
    #[arg(required = true)]
    pub(super) inputs: Vec<PathBuf>,
    /// A model checkpoint; the bundled one if left out
    #[arg(long)]
    pub(super) model: Option<PathBuf>,
    /// What the files are of, where no model says it [default: sound for a sound file, else image]
    #[arg(long, value_enum)]
    pub(super) kind: Option<KindName>,
    /// Views of an object that are read, at most, where there are several
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=5).map(|views| views as usize))]
    pub(super) views: usize,
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
    #[command(flatten)]
    pub(super) drawing: DrawingArgs,
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

/// How an object is drawn.
#[derive(Debug, Args)]
pub(super) struct DrawingArgs {
    /// Samples of a ray through an object
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(super) samples: u32,
    /// What is behind an object, as RRGGBB or none
    #[arg(long, value_name = "COLOUR", default_value = "ffffff")]
    pub(super) behind: Behind,
    /// The box that alone is drawn: x, y and z from and to, as -1,1,0,1,-1,1
    #[arg(long, value_name = "X0,X1,Y0,Y1,Z0,Z1", allow_hyphen_values = true)]
    pub(super) crop: Option<CropArg>,
}

#[derive(Debug, Args)]
pub(super) struct TurntableArgs {
    /// The field file of an object
    pub(super) field: PathBuf,
    /// The film: .gif, .apng or with the feature mp4 .mp4, .png for one sheet of all pictures, or without an ending a
    /// folder of them
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: PathBuf,
    /// Size of the pictures, as 512x384
    #[arg(long, value_name = "WxH", default_value = "256x256")]
    pub(super) size: Size,
    /// Pictures
    #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u32).range(1..=3600).map(|frames| frames as usize))]
    pub(super) frames: usize,
    /// Pictures in a second
    #[arg(long, default_value_t = 24)]
    pub(super) fps: u16,
    /// Where it begins: as for render; given more than once, a way from one to the next instead of a turn
    #[arg(long, value_name = "AZ,EL[,DIST[,FOV]]", allow_hyphen_values = true)]
    pub(super) view: Vec<ViewArg>,
    #[command(flatten)]
    pub(super) drawing: DrawingArgs,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct MeshArgs {
    /// The field file of an object
    pub(super) field: PathBuf,
    /// The mesh: .glb, .ply or .obj; or .npy for the density
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: PathBuf,
    /// Density on the surface, in opacity per unit of depth
    #[arg(long, default_value_t = MESH_THRESHOLD)]
    pub(super) threshold: f32,
    /// Nodes along a side of the cube that holds the object: of a mesh up to the next multiple of the cells that its
    /// field is looked at in, 32 for the bundled model's, and fewer where all together would be more than 6 million
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(8..=limits::MESH_GRID_SIDE as i64).map(|side| side as usize))]
    pub(super) grid: usize,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SynthArgs {
    /// The field file of a sound
    pub(super) field: PathBuf,
    /// Samples in a second [default: as its model read it]
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(i64::from(*limits::SOUND_RATES_HZ.start())..=i64::from(*limits::SOUND_RATES_HZ.end())))]
    pub(super) rate: Option<u32>,
    /// How the samples are kept
    #[arg(long, value_enum, default_value = "float32")]
    pub(super) depth: DepthName,
    /// The sound, a .wav file
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[cfg(feature = "sound")]
#[derive(Debug, Args)]
pub(super) struct PlayArgs {
    /// The field file of a sound, or a recording
    pub(super) file: PathBuf,
    /// How fast: the field's coordinate passes faster, and the pitch follows
    #[arg(long, default_value_t = 1.0)]
    pub(super) speed: f64,
    /// Volume in dB
    #[arg(long, default_value_t = 0.0, allow_hyphen_values = true)]
    pub(super) volume: f32,
    /// The output, as doctor names it; the default one if left out
    #[arg(long)]
    pub(super) device: Option<String>,
    /// Begin again at the end, until interrupted
    #[arg(long)]
    pub(super) repeat: bool,
}

#[derive(Debug, Args)]
pub(super) struct RefineArgs {
    /// A field file
    pub(super) field: PathBuf,
    /// The picture or sound that it should come close to; of an object also a transforms.json, or a folder with one
    pub(super) input: PathBuf,
    /// Gradient steps [default: 300, of an object or a sound 100]
    #[arg(long)]
    pub(super) steps: Option<u32>,
    /// Views of an object that it should come close to, at most, where there are several
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..).map(|views| views as usize))]
    pub(super) views: usize,
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
    /// Its picture or sound; of an object also a transforms.json, or a folder with one: all views in the frame of the first
    pub(super) input: PathBuf,
    #[command(flatten)]
    pub(super) framing: FramingArgs,
    #[command(flatten)]
    pub(super) lpips: LpipsArgs,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// Any file; or a folder with the weights of a backbone
    pub(super) file: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// What kind of signal it learns: by default pictures, or that of the model it starts from
    #[arg(long, value_enum)]
    pub(super) kind: Option<KindName>,
    /// A folder of pictures, of objects with their posed views, or of sounds
    #[arg(long)]
    pub(super) data: PathBuf,
    /// Which weights learn
    #[arg(long, value_enum)]
    pub(super) mode: ModeName,
    /// The pretrained backbone's weights, .safetensors, .pth, .pt or .bin, or the folder that holds them with its
    /// config.json; scratch takes only its size from it
    #[arg(long)]
    pub(super) backbone: Option<PathBuf>,
    /// A model to start from, with all of its weights, instead of a backbone alone; to be given again with --resume
    #[arg(long, value_name = "MODEL")]
    pub(super) from: Option<PathBuf>,
    /// Settings; what the file leaves out is as in the default model's recipe, the network as that of the model it starts
    /// from
    #[arg(long, value_name = "RUN.toml")]
    pub(super) config: Option<PathBuf>,
    /// The folder of the run
    #[arg(long)]
    pub(super) out: PathBuf,
    /// Go on with the run in that folder
    #[arg(long)]
    pub(super) resume: bool,
    /// Gradient steps, instead of the settings'; with --resume it may be more than before
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
    /// A folder of pictures, or for another model of objects' posed views or of sounds
    #[arg(long)]
    pub(super) data: PathBuf,
    /// Which of them
    #[arg(long, value_enum, default_value = "held-out")]
    pub(super) split: SplitName,
    /// Side of the square reference, in pixels
    #[arg(long, value_name = "PX", default_value_t = limits::DEFAULT_REFERENCE_SIDE_PX,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::REFERENCE_SIDE_PX)))]
    pub(super) reference: u32,
    /// Also after so many refine steps, as 30,100,300; of objects the last of them
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    pub(super) refine: Vec<u32>,
    #[command(flatten)]
    pub(super) refining: StepArgs,
    /// Beside the mean colour, an 8x8 thumbnail, and the same refining from other weights; of objects beside the
    /// input, the mean picture and the nearest training object
    #[arg(long)]
    pub(super) baselines: bool,
    /// Of objects classes, of sounds words of their paths that training left out; all of those are measured besides
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub(super) unseen: Vec<String>,
    /// Of objects: at most so many seen and so many unseen ones; of sounds, so many of each folder
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    pub(super) objects: usize,
    /// Of objects: views that are compared, at most
    #[arg(long, default_value_t = 6)]
    pub(super) views: usize,
    #[command(flatten)]
    pub(super) lpips: LpipsArgs,
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
    /// Of modes this one alone, in this process
    #[arg(long, value_enum, hide = true)]
    pub(super) mode: Option<ModeName>,
    /// What tests/golden/peer.py wrote on this machine, to compare the training steps with
    #[arg(long, value_name = "JSON")]
    pub(super) peer: Option<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}
