//! LPIPS, the learned perceptual distance of two pictures, version 0.1 (Zhang et al. 2018, arXiv 1801.03924): how far
//! apart a network that was trained to name pictures finds them. Its weights are not ours to give away: a person
//! brings them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation, module};

use super::{ModelError, TensorReport, WrongShape};
use crate::limits;
use crate::storage::{HostTensor, TensorFile, TensorFileError};

/// What is taken from every channel, and what the rest is divided by, of colours in [-1, 1]: the mean and the spread of
/// `ImageNet`, as the paper's authors round them.
const SHIFT: [f32; 3] = [-0.030, -0.088, -0.188];
const SCALE: [f32; 3] = [0.458, 0.448, 0.450];
/// Added to a feature's length before it is divided by it.
const LENGTH_MIN: f64 = 1e-10;

/// A convolution of a trunk, followed by a rectifier.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Its place in torchvision's list of layers, by which it is named.
    index: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    /// Side of the window whose largest value is taken before it, with a stride of two; 0 for none.
    pool: usize,
    /// Whether what it gives is compared.
    is_compared: bool,
}

const fn step(index: usize, [kernel, stride, padding]: [usize; 3], pool: usize, is_compared: bool) -> Step {
    Step { index, kernel, stride, padding, pool, is_compared }
}

/// torchvision's `alexnet().features` (Krizhevsky 2014, arXiv 1404.5997).
const ALEXNET: &[Step] = &[
    step(0, [11, 4, 2], 0, true),
    step(3, [5, 1, 2], 3, true),
    step(6, [3, 1, 1], 3, true),
    step(8, [3, 1, 1], 0, true),
    step(10, [3, 1, 1], 0, true),
];

/// torchvision's `vgg16().features` (Simonyan and Zisserman 2014, arXiv 1409.1556).
const VGG16: &[Step] = &[
    step(0, [3, 1, 1], 0, false),
    step(2, [3, 1, 1], 0, true),
    step(5, [3, 1, 1], 2, false),
    step(7, [3, 1, 1], 0, true),
    step(10, [3, 1, 1], 2, false),
    step(12, [3, 1, 1], 0, false),
    step(14, [3, 1, 1], 0, true),
    step(17, [3, 1, 1], 2, false),
    step(19, [3, 1, 1], 0, false),
    step(21, [3, 1, 1], 0, true),
    step(24, [3, 1, 1], 2, false),
    step(26, [3, 1, 1], 0, false),
    step(28, [3, 1, 1], 0, true),
];

/// The network with its weights.
#[derive(Debug, Clone)]
pub struct Lpips {
    device: Device,
    name: &'static str,
    /// Least side of a picture that leaves something to compare everywhere, in pixels.
    side_min: u32,
    stages: Vec<Stage>,
}

#[derive(Debug, Clone)]
struct Stage {
    step: Step,
    /// `[channels, channels before, kernel, kernel]`
    weight: Tensor<4>,
    /// `[channels]`
    bias: Tensor<1>,
    /// What a difference in each channel counts, `[1, channels, 1, 1]`, of a stage that is compared.
    counts: Option<Tensor<4>>,
}

impl Lpips {
    /// Read the weights from one file or several, `.safetensors` or `PyTorch`'s `.pth`: the trunk under torchvision's
    /// names of `AlexNet` or VGG-16, `features.{i}.weight` and `features.{i}.bias`, and the weights of the differences
    /// under those of the authors' package, `lin{k}.model.1.weight`. torchvision's own file and the package's own
    /// together are right. Which trunk it is follows from the first convolution, the widths from the tensors.
    ///
    /// # Errors
    /// [`ModelError`] if a file cannot be read, or a tensor is missing or of another shape.
    pub fn load(files: &[PathBuf], device: &Device) -> Result<Self, ModelError> {
        let mut weights = Weights::new();
        for file in files {
            add(&mut weights, file)?;
        }
        let (name, side_min, steps) = match shape(&weights, "features.0.weight") {
            Some([_, 3, 11, 11]) => ("AlexNet", 31, ALEXNET),
            Some([_, 3, 3, 3]) => ("VGG-16", 16, VGG16),
            other => {
                let found = other.map_or("features.0.weight is not there".into(), |shape| {
                    format!(
                        "features.0.weight is {shape:?}, where 3x11x11 or 3x3x3 were expected of a filter"
                    )
                });
                return Err(ModelError::Unrecognised { wanted: "network for LPIPS", found });
            }
        };
        let mut report = TensorReport::default();
        let mut stages = Vec::with_capacity(steps.len());
        let (mut channels, mut compared) = (3, 0);
        for &step in steps {
            let [weight, bias] = ["weight", "bias"].map(|what| format!("features.{}.{what}", step.index));
            let width = shape(&weights, &weight).and_then(|shape| shape.first()).copied().unwrap_or(0);
            let mut take = |name: &str, shape: &[usize]| take(&mut weights, name, shape, &mut report);
            let weight = take(&weight, &[width, channels, step.kernel, step.kernel]);
            let bias = take(&bias, &[width]);
            let mut counts = None;
            if step.is_compared {
                counts = take(&format!("lin{compared}.model.1.weight"), &[1, width, 1, 1]);
                compared += 1;
            }
            channels = width;
            let data = |tensor: HostTensor| TensorData::new(tensor.values, tensor.shape);
            // What is missing is in the report.
            stages.extend(weight.zip(bias).map(|(weight, bias)| Stage {
                step,
                weight: Tensor::from_data(data(weight), device),
                bias: Tensor::from_data(data(bias), device),
                counts: counts.map(|counts| Tensor::from_data(data(counts), device)),
            }));
        }
        if !report.is_complete() {
            return Err(ModelError::Tensors(Box::new(report)));
        }
        Ok(Self { device: device.clone(), name, side_min, stages })
    }

    /// What its trunk is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Refuse pictures that are too small for it.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the least side.
    pub fn check(&self, width: u32, height: u32) -> Result<(), ModelError> {
        if width.min(height) >= self.side_min {
            return Ok(());
        }
        let Self { name, side_min, .. } = self;
        Err(ModelError::Config(format!(
            "LPIPS by {name} needs pictures of {side_min} pixels a side or more, and these are {width}x{height}"
        )))
    }

    /// How far apart two pictures are; 0 where they are equal. NaN if [`check`](Self::check) refuses their size, or the
    /// device fails.
    ///
    /// # Shapes
    /// - `one`, `other`: `[height, width, 3]`, sRGB-encoded, in [0, 1]; what lies outside is clamped
    #[must_use]
    pub fn distance(&self, one: &[f32], other: &[f32], width: u32, height: u32) -> f64 {
        if self.check(width, height).is_err() {
            return f64::NAN;
        }
        let planes = [one, other].into_iter().flat_map(|picture| {
            (0..3).flat_map(move |channel| {
                let values = picture.iter().skip(channel).step_by(3);
                values.map(move |value| (2.0 * value.clamp(0.0, 1.0) - 1.0 - SHIFT[channel]) / SCALE[channel])
            })
        });
        let data = TensorData::new(planes.collect::<Vec<f32>>(), [2, 3, height as usize, width as usize]);
        let mut x = Tensor::<4>::from_data(data, &self.device);
        let mut sum = Tensor::<1>::zeros([1], &self.device);
        for Stage { step, weight, bias, counts } in &self.stages {
            if step.pool > 0 {
                x = module::max_pool2d(x, MaxPoolOptions::new([step.pool; 2]).with_stride([2; 2]));
            }
            let options = ConvOptions::new([step.stride; 2], [step.padding; 2], [1; 2], 1);
            x = activation::relu(module::conv2d(x, weight.clone(), Some(bias.clone()), options));
            if let Some(counts) = counts {
                // [2, channels, rows, columns], every place's features of unit length.
                let length = x.clone().square().sum_dim(1).sqrt() + LENGTH_MIN;
                let unit = x.clone() / length;
                let apart = unit.clone().narrow(0, 0, 1) - unit.narrow(0, 1, 1);
                sum = sum + (apart.square() * counts.clone()).sum_dim(1).mean();
            }
        }
        sum.try_into_vec_as::<f32>().ok().and_then(|sum| sum.first().copied()).map_or(f64::NAN, f64::from)
    }
}

/// Tensors by name.
type Weights = BTreeMap<String, HostTensor>;

/// Read those of a file that may be the network's; a later file's replace an earlier one's.
fn add(weights: &mut Weights, path: &Path) -> Result<(), ModelError> {
    let failed = |source| ModelError::Io { path: path.into(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > limits::SAFETENSORS_BYTES {
        let what = format!("it is larger than {} GiB", limits::SAFETENSORS_BYTES >> 30);
        return Err(TensorFileError::Malformed(what).into());
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let file = TensorFile::parse(&bytes)?;
    let is_wanted = |name: &&str| name.starts_with("features.") || name.starts_with("lin");
    for name in file.names().filter(is_wanted) {
        if let Some(tensor) = file.read(name)? {
            weights.insert(name.to_owned(), tensor);
        }
    }
    Ok(())
}

fn shape<'a>(weights: &'a Weights, name: &str) -> Option<&'a [usize]> {
    weights.get(name).map(|tensor| tensor.shape.as_slice())
}

/// A tensor of this shape; `None`, with the reason in the report, if there is none.
fn take(
    weights: &mut Weights,
    name: &str,
    expected: &[usize],
    report: &mut TensorReport,
) -> Option<HostTensor> {
    let Some(found) = shape(weights, name) else {
        report.missing.push(name.into());
        return None;
    };
    if found != expected {
        let (expected, found) = (expected.to_vec(), found.to_vec());
        report.wrong_shape.push(WrongShape { name: name.into(), expected, found });
        return None;
    }
    weights.remove(name)
}
