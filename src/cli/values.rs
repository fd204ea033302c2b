//! Values that arguments take.

use std::str::FromStr;

use clap::ValueEnum;

use crate::camera::{CANONICAL_DISTANCE, Orbit};
use crate::dataset::{FOCAL, Split};
use crate::field::{CropBox, Region};
use crate::limits;
use crate::media::{Framing, SampleDepth};
use crate::model::{Mode, SignalKind};
use crate::train::Optimizer;

/// Parts of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BenchPart {
    /// Every part of the program
    All,
    /// Training steps of known shapes, beside PyTorch's
    Train,
    /// Objects: baking, drawing, meshing
    Objects,
    /// Sounds: encoding, synthesis, refining
    Sounds,
    /// A training step in each tuning mode, of one model and batch: time and peak memory
    Modes,
    /// Curves of a million logged steps, as the window draws them
    Curves,
}

/// Kinds of signals.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum KindName {
    /// Pictures
    Image,
    /// Objects seen from known places
    Object,
    /// Sounds
    Sound,
}

impl From<KindName> for SignalKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Image => Self::Image,
            KindName::Object => Self::Object,
            KindName::Sound => Self::Sound,
        }
    }
}

/// The names of [`SampleDepth`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DepthName {
    /// Whole numbers of 16 bits
    Int16,
    /// Whole numbers of 24 bits
    Int24,
    /// Floating-point numbers of 32 bits
    Float32,
}

impl From<DepthName> for SampleDepth {
    fn from(name: DepthName) -> Self {
        match name {
            DepthName::Int16 => Self::Int16,
            DepthName::Int24 => Self::Int24,
            DepthName::Float32 => Self::Float32,
        }
    }
}

/// The names of [`Optimizer`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum OptimizerName {
    /// Adam, which moves all other weights too
    Adam,
    /// Orthogonalised momentum
    Muon,
}

impl From<Optimizer> for OptimizerName {
    fn from(optimizer: Optimizer) -> Self {
        match optimizer {
            Optimizer::Adam => Self::Adam,
            Optimizer::Muon => Self::Muon,
        }
    }
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
    /// As prompt, and updates of low rank of the frozen backbone
    Lora,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Scratch => Self::Scratch,
            ModeName::Finetune => Self::Finetune,
            ModeName::Prompt => Self::Prompt,
            ModeName::Lora => Self::Lora,
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

/// What is behind an object: a colour, or nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Behind(pub(super) Option<[u8; 3]>);

impl FromStr for Behind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(None));
        }
        let color: Colour =
            text.parse().map_err(|_| "expected none, or six hexadecimal digits, as ffffff")?;
        Ok(Self(Some(color.0)))
    }
}

/// A box of space.
#[derive(Debug, Clone, Copy)]
pub(super) struct CropArg(pub(super) CropBox);

impl FromStr for CropArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Vec<f32> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        match *numbers.as_slice() {
            [x0, x1, y0, y1, z0, z1] if x0 < x1 && y0 < y1 && z0 < z1 => {
                Ok(Self(CropBox { low: [x0, y0, z0], high: [x1, y1, z1] }))
            }
            _ => Err("expected x, y and z from and to, each from below its to, as -1,1,0,1,-1,1"),
        }
    }
}

/// Where an object is looked at from, in its view-centred frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ViewArg {
    pub(super) azimuth_deg: f64,
    pub(super) elevation_deg: f64,
    pub(super) distance: f64,
    pub(super) fov_deg: f64,
}

impl ViewArg {
    /// The camera there.
    pub(super) fn orbit(self) -> Orbit {
        let orbit = Orbit { distance: self.distance, fov_deg: self.fov_deg, ..Orbit::canonical(FOCAL) };
        orbit.seen_from(self.azimuth_deg.to_radians(), self.elevation_deg.to_radians())
    }
}

impl Default for ViewArg {
    /// The input camera of a plain picture.
    fn default() -> Self {
        let fov_deg = 2.0 * (0.5 / FOCAL).atan().to_degrees();
        Self { azimuth_deg: 0.0, elevation_deg: 0.0, distance: CANONICAL_DISTANCE, fov_deg }
    }
}

impl FromStr for ViewArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("{text:?} is not AZIMUTH,ELEVATION[,DISTANCE[,FOV]], as 30,10,4,30");
        let numbers: Vec<f64> = text
            .split(',')
            .map(|part| part.trim().parse())
            .collect::<Result<_, _>>()
            .map_err(|_| refuse())?;
        let default = Self::default();
        let (azimuth_deg, elevation_deg, distance, fov_deg) = match *numbers {
            [azimuth, elevation] => (azimuth, elevation, default.distance, default.fov_deg),
            [azimuth, elevation, distance] => (azimuth, elevation, distance, default.fov_deg),
            [azimuth, elevation, distance, fov] => (azimuth, elevation, distance, fov),
            _ => return Err(refuse()),
        };
        let is_sound = azimuth_deg.is_finite()
            && elevation_deg.is_finite()
            && (1e-3..1e6).contains(&distance)
            && (1.0..=170.0).contains(&fov_deg);
        if is_sound {
            Ok(Self { azimuth_deg, elevation_deg, distance, fov_deg })
        } else {
            Err(format!("{text:?}: a distance is above 0, and an angle of view 1 to 170 degrees"))
        }
    }
}
