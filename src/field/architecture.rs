use serde::{Deserialize, Serialize};

use super::FieldError;
use crate::limits;

/// The shape of a field as data: every size is derived from it.
///
/// `x_0 = encode(p)`, `x_{i+1} = act(x_i W_i + b_i)`, `y = x_L`, with no activation after the last
/// layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Coordinates of a point: 2 for an image (row, column).
    pub inputs: usize,
    /// Values at a point: 3 for RGB.
    pub outputs: usize,
    /// Linear layers, the last included.
    pub layers: usize,
    /// Width of every hidden layer.
    pub hidden: usize,
    /// What is done to the coordinates first.
    pub encoding: Encoding,
    /// What follows every layer but the last.
    pub activation: Activation,
    /// Added to every output: 0.5 for images, so that a zero network is mid-grey.
    pub output_offset: f32,
    /// Whether each output has a second channel, its standard deviation `0.1 + 0.9 softplus(s)`: after all outputs come
    /// their `s`, in the same order; the output offset is not added to them.
    #[serde(default)]
    pub spread: bool,
    /// For objects: density is `relu(gain * logit)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density_gain: Option<f32>,
}

/// What is done to the coordinates before the first layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Encoding {
    /// The coordinates as they are.
    Identity,
    /// `count` frequencies for each axis in a geometric progression from `min` to `max`, both
    /// included: all cosines, then all sines, the axes outermost inside each half.
    Fourier {
        /// Frequencies for each axis.
        count: usize,
        /// The lowest, in radians for a unit of coordinate.
        min: f32,
        /// The highest.
        max: f32,
    },
}

/// What follows every layer but the last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Activation {
    /// `max(z, 0)`.
    Relu,
    /// `sin(omega0 * z)`, as in SIREN (arXiv 2006.09661).
    Sine {
        /// Of every hidden layer but the first.
        omega0: f32,
        /// Of the first layer.
        omega0_first: f32,
    },
}

/// Width of a layer's input and output: its weight is `[d_in, d_out]`, row-major.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerShape {
    /// Rows of the weight.
    pub d_in: usize,
    /// Columns of the weight, and the length of the bias.
    pub d_out: usize,
}

impl LayerShape {
    /// Weights and biases together.
    #[must_use]
    pub fn num_params(self) -> usize {
        self.d_in * self.d_out + self.d_out
    }
}

impl Encoding {
    /// The frequencies of one axis, in radians for a unit of coordinate; none for `Identity`.
    ///
    /// Computed in f64 and rounded once: angles reach thousands of radians.
    #[must_use]
    pub fn frequencies(&self) -> Vec<f32> {
        let Self::Fourier { count, min, max } = *self else { return Vec::new() };
        let (low, high) = (f64::from(min).ln(), f64::from(max).ln());
        let last = count.saturating_sub(1).max(1) as f64;
        (0..count).map(|k| (low + (high - low) * k as f64 / last).exp() as f32).collect()
    }

    /// Width of the encoded point.
    #[must_use]
    pub fn width(&self, inputs: usize) -> usize {
        match self {
            Self::Identity => inputs,
            Self::Fourier { count, .. } => 2 * inputs * count,
        }
    }
}

impl Activation {
    /// `omega0` of layer `index`, 1 where the activation has none.
    #[must_use]
    pub fn omega0(self, index: usize) -> f32 {
        match self {
            Self::Relu => 1.0,
            Self::Sine { omega0_first, .. } if index == 0 => omega0_first,
            Self::Sine { omega0, .. } => omega0,
        }
    }
}

impl Architecture {
    /// The reference image field of Trans-INR (arXiv 2208.02801): 263,939 parameters.
    #[must_use]
    pub fn reference_image() -> Self {
        let pi = std::f32::consts::PI;
        Self::image(5, 256, Encoding::Fourier { count: 64, min: pi, max: 1024.0 * pi }, Activation::Relu)
    }

    /// A small image field for live viewing: 256-128-128-128-3, 66,307 parameters.
    #[must_use]
    pub fn live_image() -> Self {
        let pi = std::f32::consts::PI;
        Self::image(4, 128, Encoding::Fourier { count: 64, min: pi, max: 128.0 * pi }, Activation::Relu)
    }

    /// A SIREN image field (arXiv 2006.09661): raw coordinates, sines of 30.
    #[must_use]
    pub fn siren_image() -> Self {
        Self::image(4, 128, Encoding::Identity, Activation::Sine { omega0: 30.0, omega0_first: 30.0 })
    }

    /// A small object field: positions to colour and density, 72-64-64-64-64-4, 17,412 parameters.
    #[must_use]
    pub fn live_object() -> Self {
        Self {
            inputs: 3,
            outputs: 4,
            output_offset: 0.0,
            density_gain: Some(10.0),
            ..Self::image(5, 64, Encoding::Fourier { count: 12, min: 1.0, max: 32.0 }, Activation::Relu)
        }
    }

    /// The reference object field of Trans-INR (arXiv 2208.02801), without a view direction: 295,172 parameters.
    #[must_use]
    pub fn reference_object() -> Self {
        Self {
            layers: 6,
            hidden: 256,
            encoding: Encoding::Fourier { count: 20, min: 1.0, max: 256.0 },
            density_gain: None,
            ..Self::live_object()
        }
    }

    /// A small sound field, an instant to an amplitude: 768-4-1, 3,081 parameters. A unit of coordinate is half a
    /// second, so that `pi f` is a frequency of `f` Hz.
    #[must_use]
    pub fn live_sound() -> Self {
        let pi = std::f32::consts::PI;
        let encoding = Encoding::Fourier { count: 384, min: 100.0 * pi, max: 7_600.0 * pi };
        Self {
            inputs: 1,
            outputs: 1,
            output_offset: 0.0,
            ..Self::image(2, 4, encoding, Activation::Sine { omega0: 1.0, omega0_first: 1.0 })
        }
    }

    /// Every named preset of a picture's field, for tests and for people.
    #[must_use]
    pub fn presets() -> Vec<(&'static str, Self)> {
        vec![
            ("reference-image", Self::reference_image()),
            ("live-image", Self::live_image()),
            ("siren-image", Self::siren_image()),
        ]
    }

    /// Every named preset of an object's field.
    #[must_use]
    pub fn object_presets() -> Vec<(&'static str, Self)> {
        vec![("reference-object", Self::reference_object()), ("live-object", Self::live_object())]
    }

    fn image(layers: usize, hidden: usize, encoding: Encoding, activation: Activation) -> Self {
        Self {
            inputs: 2,
            outputs: 3,
            layers,
            hidden,
            encoding,
            activation,
            output_offset: 0.5,
            spread: false,
            density_gain: None,
        }
    }

    /// Values that the last layer computes: twice `outputs` with `spread`.
    #[must_use]
    pub fn output_width(&self) -> usize {
        self.outputs * if self.spread { 2 } else { 1 }
    }

    /// The shape of every layer, first to last.
    #[must_use]
    pub fn layer_shapes(&self) -> Vec<LayerShape> {
        let mut d_in = self.encoding.width(self.inputs);
        (0..self.layers)
            .map(|index| {
                let d_out = if index + 1 == self.layers { self.output_width() } else { self.hidden };
                let shape = LayerShape { d_in, d_out };
                d_in = d_out;
                shape
            })
            .collect()
    }

    /// Weights and biases of the whole field.
    #[must_use]
    pub fn num_params(&self) -> usize {
        self.layer_shapes().into_iter().map(LayerShape::num_params).sum()
    }

    /// Floating-point operations of the matrix products for one point (a multiply-add is two).
    #[must_use]
    pub fn flops_per_point(&self) -> u64 {
        self.layer_shapes().iter().map(|shape| 2 * (shape.d_in * shape.d_out) as u64).sum()
    }

    /// Half the width of the uniform distribution that the weights of layer `index` are usually started from:
    /// SIREN's (arXiv 2006.09661, section 3.2) for sine fields, `1 / sqrt(d_in)` otherwise.
    #[must_use]
    pub fn start_bound(&self, index: usize, shape: LayerShape) -> f64 {
        let d_in = shape.d_in as f64;
        match self.activation {
            Activation::Sine { .. } if index == 0 => 1.0 / d_in,
            Activation::Sine { omega0, .. } if omega0 != 0.0 => (6.0 / d_in).sqrt() / f64::from(omega0.abs()),
            _ => d_in.sqrt().recip(),
        }
    }

    /// Refuse an architecture that cannot be evaluated or is beyond [`limits`].
    ///
    /// # Errors
    /// [`FieldError::Architecture`] with what is wrong.
    pub fn validate(&self) -> Result<(), FieldError> {
        let refuse = |what: String| Err(FieldError::Architecture(what));
        if !(1..=4).contains(&self.inputs) {
            return refuse(format!("{} inputs, expected 1 to 4", self.inputs));
        }
        if !(1..=16).contains(&self.outputs) {
            return refuse(format!("{} outputs, expected 1 to 16", self.outputs));
        }
        if !(1..=limits::FIELD_LAYERS).contains(&self.layers) {
            return refuse(format!("{} layers, expected 1 to {}", self.layers, limits::FIELD_LAYERS));
        }
        if !(1..=limits::FIELD_WIDTH).contains(&self.hidden) {
            return refuse(format!("hidden width {}, expected 1 to {}", self.hidden, limits::FIELD_WIDTH));
        }
        if let Encoding::Fourier { count, min, max } = self.encoding {
            if !(1..=limits::FIELD_WIDTH / 8).contains(&count) {
                return refuse(format!("{count} frequencies, expected 1 to {}", limits::FIELD_WIDTH / 8));
            }
            if !(min > 0.0 && max >= min && max.is_finite()) {
                return refuse(format!("frequencies from {min} to {max}, expected 0 < min <= max"));
            }
        }
        if let Activation::Sine { omega0, omega0_first } = self.activation
            && !(omega0.is_finite() && omega0_first.is_finite())
        {
            return refuse("omega0 is not a finite number".into());
        }
        if !self.output_offset.is_finite() || self.density_gain.is_some_and(|gain| !gain.is_finite()) {
            return refuse("output_offset or density_gain is not a finite number".into());
        }
        if self.num_params() > limits::FIELD_PARAMS {
            return refuse(format!("{} parameters, at most {}", self.num_params(), limits::FIELD_PARAMS));
        }
        Ok(())
    }
}
