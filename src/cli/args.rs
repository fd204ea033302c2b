use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::dataset::Split;
use crate::field::Region;
use crate::limits;
use crate::media::Framing;
use crate::model::Mode;
use crate::train::{Optimizer, RefineConfig};

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
    pub(super) refining: RefiningArgs,
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
    /// A folder of pictures
    #[arg(long)]
    pub(super) data: PathBuf,
    /// Which weights learn
    #[arg(long, value_enum)]
    pub(super) mode: ModeName,
    /// The pretrained backbone's weights, .safetensors; scratch takes only its size from it
    #[arg(long)]
    pub(super) backbone: Option<PathBuf>,
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
    pub(super) refining: RefiningArgs,
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

/// Parts of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BenchPart {
    /// Every part of the program
    All,
    /// Training steps of known shapes, beside PyTorch's
    Train,
}

/// Kinds of signals.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum KindName {
    /// Pictures
    Image,
}

/// How refine steps are taken.
#[derive(Debug, Args)]
pub(super) struct RefiningArgs {
    /// What moves the field's hidden weight matrices
    #[arg(long, value_enum, default_value = "muon")]
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

impl RefiningArgs {
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

/// The names of [`Optimizer`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum OptimizerName {
    /// Adam, as all other weights
    Adam,
    /// Orthogonalised momentum
    Muon,
}

impl From<OptimizerName> for Optimizer {
    fn from(name: OptimizerName) -> Self {
        match name {
            OptimizerName::Adam => Self::Adam,
            OptimizerName::Muon => Self::Muon,
        }
    }
}

/// The names of [`Mode`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ModeName {
    /// Everything, from random weights
    Scratch,
    /// Everything, from a pretrained backbone
    Finetune,
    /// Weight tokens, heads and base; the pretrained backbone is frozen
    Prompt,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Scratch => Self::Scratch,
            ModeName::Finetune => Self::Finetune,
            ModeName::Prompt => Self::Prompt,
        }
    }
}

/// The names of [`Split`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SplitName {
    /// Those that training never sees
    HeldOut,
    /// Those that training sees
    Train,
    /// Both
    All,
}

impl From<SplitName> for Split {
    fn from(name: SplitName) -> Self {
        match name {
            SplitName::HeldOut => Self::HeldOut,
            SplitName::Train => Self::Train,
            SplitName::All => Self::All,
        }
    }
}

/// The names of [`Framing`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FramingName {
    /// The central square
    Crop,
    /// The whole picture inside a square
    Fit,
    /// The whole picture in its own shape
    Stretch,
}

impl From<FramingName> for Framing {
    fn from(name: FramingName) -> Self {
        match name {
            FramingName::Crop => Self::Crop,
            FramingName::Fit => Self::Fit,
            FramingName::Stretch => Self::Stretch,
        }
    }
}

/// Who evaluates a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DeviceName {
    /// The CPU, on all its cores
    Cpu,
    /// WGSL on the graphics adapter
    Gpu,
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |side: &str| side.trim().parse::<u32>().ok();
        let sides = text.split_once(['x', 'X']).and_then(|(w, h)| Some((parse(w)?, parse(h)?)));
        let (width, height) = sides.ok_or("expected a width and a height, as 512x384")?;
        limits::check_export(width, height).map_err(|err| err.to_string())?;
        Ok(Self { width, height })
    }
}

/// A part of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct RegionArg(pub(super) Region);

impl FromStr for RegionArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Vec<f64> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        match *numbers.as_slice() {
            [x0, y0, x1, y1] if numbers.iter().all(|n| n.is_finite()) && x0 < x1 && y0 < y1 => {
                Ok(Self(Region { x0, y0, x1, y1 }))
            }
            _ => Err("expected left,top,right,bottom in fractions of the picture, as 0.25,0.25,0.75,0.75"),
        }
    }
}

/// An sRGB colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colour(pub(super) [u8; 3]);

impl FromStr for Colour {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6);
        let [_, r, g, b] = number.ok_or("expected six hexadecimal digits, as ffffff")?.to_be_bytes();
        Ok(Self([r, g, b]))
    }
}
