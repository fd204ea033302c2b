//! How runs are looked at.

use serde::{Deserialize, Serialize};

/// What the middle of the panel shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainingTab {
    /// Numbers over time.
    #[default]
    Curves,
    /// What the model gives for held-out items.
    HeldOut,
    /// The settings of all runs.
    Settings,
}

/// Which number is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Mean squared error of a step.
    #[default]
    Loss,
    /// Mean PSNR over the held-out items.
    HeldOut,
    /// Of weight tokens, heads and base.
    LearningRate,
    /// Euclidean norm before clipping.
    GradientNorm,
    /// Steps in a second of work.
    Speed,
    /// Bytes that the program that trains held in memory.
    Memory,
}

/// What a number is drawn over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// Steps done.
    #[default]
    Steps,
    /// Seconds of work.
    Seconds,
    /// Floating-point operations: see [`flops_per_step`](crate::train::flops_per_step).
    Flops,
}

/// What the numbers of one run are drawn over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Along {
    /// Steps done.
    Steps,
    /// Seconds of work.
    Seconds,
    /// Floating-point operations, so many a step.
    Flops(f64),
}

impl Along {
    /// Where what was logged after so many steps and seconds is.
    #[must_use]
    pub fn place(self, step: u32, seconds: f64) -> f64 {
        match self {
            Self::Steps => f64::from(step),
            Self::Seconds => seconds,
            Self::Flops(per_step) => f64::from(step) * per_step,
        }
    }
}

/// How curves are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChartLook {
    /// Which number.
    pub shown: Shown,
    /// Over what.
    pub axis: Axis,
    /// Whether the number is drawn by its logarithm.
    pub is_log: bool,
    /// Whether what it is drawn over is, too.
    pub is_log_axis: bool,
    /// Steps that the smoothed curve remembers, about; 0 for none.
    pub smoothing: f64,
}

impl Default for ChartLook {
    fn default() -> Self {
        Self { shown: Shown::Loss, axis: Axis::Steps, is_log: true, is_log_axis: false, smoothing: SMOOTHING }
    }
}

/// Steps that the smoothed curve remembers when nobody says otherwise.
const SMOOTHING: f64 = 20.0;

impl Shown {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Loss, Self::HeldOut, Self::LearningRate, Self::GradientNorm, Self::Speed, Self::Memory];

    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loss => "Loss",
            Self::HeldOut => "Held-out PSNR",
            Self::LearningRate => "Learning rate",
            Self::GradientNorm => "Gradient norm",
            Self::Speed => "Steps per second",
            Self::Memory => "Memory",
        }
    }
}
