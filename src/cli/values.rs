//! Values that arguments take.

use std::str::FromStr;

use clap::ValueEnum;

use crate::dataset::Split;
use crate::field::Region;
use crate::limits;
use crate::media::Framing;
use crate::model::Mode;
use crate::train::Optimizer;

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
