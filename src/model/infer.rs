use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use super::{
    Checkpoint, Hypernetwork, Lap, ModelConfig, ModelError, PLUECKER, ParameterCounts, PixelScale,
    SignalKind, TensorReport, best_device, device_name, patch_rays,
};
use crate::camera::Camera;
use crate::field::{Field, FieldKind, FieldRecord, Layer};
use crate::media::{ImageSignal, Picture, resize};
use crate::storage::Identity;

/// The environment variable that names the folder it is in.
const ASSETS_VARIABLE: &str = "HYPERSCOPE_ASSETS";

/// Views of an object that a model reads, at most.
pub const VIEWS_MAX: usize = 5;

/// A hypernetwork ready to write fields.
#[derive(Debug, Clone)]
pub struct Model {
    /// The network, on `device`.
    pub network: Hypernetwork,
    /// The checkpoint's file.
    pub identity: Identity,
    /// Where it computes.
    pub device: Device,
    /// What its checkpoint says besides: how it was trained.
    pub notes: BTreeMap<String, String>,
    /// What became of the checkpoint's tensors.
    pub report: TensorReport,
}

/// A field and how long each part of writing it took.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The field, with where it comes from.
    pub record: FieldRecord,
    /// How long it took.
    pub timings: EncodeTimings,
}

/// How long the parts of writing a field took.
#[derive(Debug, Clone, Copy, Default)]
pub struct EncodeTimings {
    /// Resizing and normalising the picture.
    pub prepare: Duration,
    /// The transformer.
    pub backbone: Duration,
    /// The heads.
    pub heads: Duration,
    /// The base modulated, and the weights fetched.
    pub compose: Duration,
}

/// A model described, for people and for `--json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelInfo {
    /// The checkpoint's file name.
    pub name: String,
    /// Its hash.
    pub sha256: String,
    /// What people call its backbone: `ViT-Ti/16`.
    pub backbone: String,
    /// Everything else about it.
    pub config: ModelConfig,
    /// How large it is.
    pub parameters: ParameterCounts,
    /// Weight tokens of all layers.
    pub num_weight_tokens: usize,
    /// Where it computes.
    pub device: String,
}

impl EncodeTimings {
    /// All parts together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.prepare + self.backbone + self.heads + self.compose
    }
}

impl Model {
    /// Load a checkpoint on the [best device](best_device): see [`load_on`](Self::load_on).
    ///
    /// # Errors
    /// As [`Checkpoint::from_bytes`].
    pub fn load(name: &str, bytes: &[u8], backbones: &[PathBuf]) -> Result<Self, ModelError> {
        Self::load_on(name, bytes, backbones, &best_device())
    }

    /// Load a checkpoint. `backbones` are weights files, or folders of them, for a checkpoint that leaves
    /// its backbone out.
    ///
    /// # Errors
    /// As [`Checkpoint::from_bytes`].
    pub fn load_on(
        name: &str,
        bytes: &[u8],
        backbones: &[PathBuf],
        device: &Device,
    ) -> Result<Self, ModelError> {
        let Checkpoint { network, notes, report, .. } = Checkpoint::from_bytes(bytes, backbones, device)?;
        let network = network.merged();
        Ok(Self { network, identity: Identity::of(name, bytes), device: device.clone(), notes, report })
    }

    /// A network at hand, without a file: its fields name a model that cannot be looked up, so they are for
    /// measuring, not for keeping.
    #[must_use]
    pub fn of(network: &Hypernetwork, device: &Device) -> Self {
        Self {
            network: network.valid(),
            identity: Identity { name: "a network in training".into(), sha256: String::new() },
            device: device.clone(),
            notes: BTreeMap::new(),
            report: TensorReport::default(),
        }
    }

    /// The default model of a kind: from the folder in `HYPERSCOPE_ASSETS`, else from `assets` next to the program,
    /// else from `assets` where it was built.
    ///
    /// # Errors
    /// [`ModelError::NotBundled`] if it is in none of them; else as [`Checkpoint::from_bytes`].
    pub fn bundled(kind: SignalKind) -> Result<Self, ModelError> {
        let name = bundled_name(kind);
        let path = bundled_path(name)?;
        let bytes = std::fs::read(&path).map_err(|source| ModelError::Io { path: path.clone(), source })?;
        let folder = path.parent().map(PathBuf::from);
        Self::load(name, &bytes, &folder.into_iter().collect::<Vec<_>>())
    }

    /// What it is.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        self.network.config()
    }

    /// What it is, for people.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        let config = self.config().clone();
        ModelInfo {
            name: self.identity.name.clone(),
            sha256: self.identity.sha256.clone(),
            backbone: config.backbone.name(),
            parameters: config.parameters(),
            num_weight_tokens: config.num_weight_tokens(),
            device: device_name(&self.device),
            config,
        }
    }

    /// What it is, in one line for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let config = self.config();
        let field = &config.field;
        let input = match &config.sound {
            None => format!("{} px in", config.input_size),
            Some(sound) => format!(
                "{:.0} ms at {} kHz in",
                config.input_size as f64 * 1e3 / f64::from(sound.sample_rate),
                f64::from(sound.sample_rate) / 1e3
            ),
        };
        format!(
            "{} of {} blocks, {}, {}, {input}, {} weight tokens, field of {} layers, {} wide",
            config.backbone.name(),
            config.backbone.depth,
            config.mode,
            config.composer,
            config.num_weight_tokens(),
            field.layers,
            field.hidden
        )
    }

    /// One forward pass whose result nobody wants: the first one prepares what later ones find ready.
    ///
    /// # Errors
    /// [`ModelError::Device`] if the device fails.
    pub fn warm_up(&self) -> Result<(), ModelError> {
        let side = self.config().input_size;
        let tokens = match &self.config().sound {
            Some(sound) => {
                let silence = Tensor::zeros([1, side / sound.patch, sound.patch], &self.device);
                self.network.tokens_of_sounds(silence)
            }
            None => self.network.tokens(Tensor::zeros([1, 3, side, side], &self.device)),
        };
        drop(self.network.compose(self.network.modulations(tokens)));
        self.wait()
    }

    /// Write the field of a picture, in one forward pass.
    ///
    /// # Errors
    /// [`ModelError::Device`] if the device fails, [`ModelError::Field`] if what it computed is not finite.
    pub fn encode_image(&self, signal: &ImageSignal) -> Result<Generated, ModelError> {
        if self.config().kind != SignalKind::Image {
            return Err(self.reads_others("pictures"));
        }
        let mut clock = Lap::start();
        let side = self.config().input_size;
        let pixels = normalise(&signal.reference, side as u32, &self.config().backbone.pixel_scale());
        let images = Tensor::<4>::from_data(TensorData::new(pixels, [1, 3, side, side]), &self.device);
        let prepare = clock.lap();
        let (fields, mut timings) = self.write(self.network.tokens(images), &mut clock)?;
        timings.prepare = prepare;
        let record = FieldRecord {
            field: only(fields)?,
            others: Vec::new(),
            kind: FieldKind::Image { width: signal.reference.width(), height: signal.reference.height() },
            source: Some(signal.identity.clone()),
            model: Some(self.identity.clone()),
            extra: [(ImageSignal::FRAMING_NOTE.to_owned(), signal.framing.name().to_owned())].into(),
        };
        Ok(Generated { record, timings })
    }

    /// Write the field of an object, in one forward pass, from pictures on white and the cameras that saw them, in
    /// the frame that is centred on the first one's view: see [`Camera::seen_from`].
    ///
    /// # Errors
    /// [`ModelError::Config`] if this model does not read objects, or not so many views; else as
    /// [`encode_image`](Self::encode_image).
    pub fn encode_object(
        &self,
        views: &[(Picture, Camera)],
        source: Option<Identity>,
    ) -> Result<Generated, ModelError> {
        let config = self.config();
        let (SignalKind::Object, Some((near, far))) = (config.kind, config.depths) else {
            return Err(self.reads_others("objects"));
        };
        if !(1..=VIEWS_MAX).contains(&views.len()) {
            return Err(ModelError::Config(format!("{} views, expected 1 to {VIEWS_MAX}", views.len())));
        }
        let mut clock = Lap::start();
        let side = config.input_size;
        let grid = side / config.backbone.patch;
        let scale = config.backbone.pixel_scale();
        let pixels: Vec<f32> =
            views.iter().flat_map(|(picture, _)| normalise(picture, side as u32, &scale)).collect();
        let rays: Vec<f32> = views.iter().flat_map(|(_, camera)| patch_rays(camera, grid)).collect();
        let images = TensorData::new(pixels, [views.len(), 3, side, side]);
        let rays = TensorData::new(rays, [views.len(), grid * grid, PLUECKER]);
        let prepare = clock.lap();
        let tokens = self.network.tokens_of_views(
            Tensor::from_data(images, &self.device),
            Tensor::from_data(rays, &self.device),
            views.len(),
        );
        let (fields, mut timings) = self.write(tokens, &mut clock)?;
        timings.prepare = prepare;
        let record = FieldRecord {
            field: only(fields)?,
            others: Vec::new(),
            kind: FieldKind::Object { near, far },
            source,
            model: Some(self.identity.clone()),
            extra: BTreeMap::new(),
        };
        Ok(Generated { record, timings })
    }

    /// It is asked for what it does not read.
    pub(super) fn reads_others(&self, wanted: &str) -> ModelError {
        let reads = match self.config().kind {
            SignalKind::Image => "pictures",
            SignalKind::Object => "objects",
            SignalKind::Sound => "sounds",
        };
        ModelError::Config(format!("this model reads {reads}, not {wanted}"))
    }

    /// From what the weight tokens have read to the field of each item; `prepare` is left to be set.
    pub(super) fn write(
        &self,
        tokens: Tensor<3>,
        clock: &mut Lap,
    ) -> Result<(Vec<Field>, EncodeTimings), ModelError> {
        let [batch, _, _] = tokens.dims();
        self.wait()?;
        let backbone = clock.lap();
        let modulations = self.network.modulations(tokens);
        self.wait()?;
        let heads = clock.lap();
        let mut layers: Vec<Vec<Layer>> = vec![Vec::new(); batch];
        for (weight, bias) in self.network.compose(modulations).into_iter().zip(self.network.biases()) {
            let (weight, bias) = (fetch(weight)?, fetch(bias)?);
            let own = weight.chunks_exact(weight.len() / batch);
            layers
                .iter_mut()
                .zip(own)
                .for_each(|(all, own)| all.push(Layer { weight: own.to_vec(), bias: bias.clone() }));
        }
        let field = |layers| Field::new(self.config().field.clone(), layers).map_err(ModelError::from);
        let fields = layers.into_iter().map(field).collect::<Result<Vec<_>, ModelError>>()?;
        let timings = EncodeTimings { backbone, heads, compose: clock.lap(), ..EncodeTimings::default() };
        Ok((fields, timings))
    }

    /// Until the device has done what it was given, so that a part's time is its own.
    pub(super) fn wait(&self) -> Result<(), ModelError> {
        self.device.sync().map_err(|err| ModelError::Device(err.to_string()))
    }
}

/// A picture as the backbone reads it: resized to a square, whatever its shape, by antialiased bicubic,
/// and each channel normalised: see [`BackboneConfig::pixel_scale`](super::BackboneConfig::pixel_scale).
///
/// # Shapes
/// - result: `[3, side_px, side_px]`
#[must_use]
pub fn normalise(picture: &Picture, side_px: u32, scale: &PixelScale) -> Vec<f32> {
    let square = if (picture.width(), picture.height()) == (side_px, side_px) {
        picture.to_f32()
    } else {
        resize(picture, side_px, side_px).to_f32()
    };
    let channel = |channel: usize| {
        let (mean, deviation) = (scale.mean[channel], scale.deviation[channel]);
        square.iter().skip(channel).step_by(3).map(move |value| (value - mean) / deviation)
    };
    (0..3).flat_map(channel).collect()
}

/// The field of a batch of one.
fn only(fields: Vec<Field>) -> Result<Field, ModelError> {
    fields.into_iter().next().ok_or_else(|| ModelError::Device("it wrote no field".into()))
}

fn fetch<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    tensor.try_into_vec_as::<f32>().map_err(|err| ModelError::Device(err.to_string()))
}

/// The file of the default model of a kind.
fn bundled_name(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::Image => "image.safetensors",
        SignalKind::Object => "object.safetensors",
        SignalKind::Sound => "sound.safetensors",
    }
}

/// Where a default model's file is.
fn bundled_path(name: &'static str) -> Result<PathBuf, ModelError> {
    let given = std::env::var_os(ASSETS_VARIABLE).map(PathBuf::from);
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("assets")));
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets");
    let folders: Vec<PathBuf> = given.into_iter().chain(beside).chain([built]).collect();
    if let Some(path) = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()) {
        return Ok(path);
    }
    let searched = folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    Err(ModelError::NotBundled { name, searched: format!("looked in {searched}") })
}
