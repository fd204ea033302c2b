//! Every family from files as their publishers write them, against what timm and transformers computed with them
//! (`golden/make_backbones.py`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use hyperscope::model::{
    Backbone, BackboneConfig, Checkpoint, Composer, Contents, Family, Guess, Hypernetwork, Mode, ModelConfig,
    PixelScale, WeightsFile, WhisperEncoder, checkpoint_bytes, cpu_device, inspect, load_backbone,
    recognise_backbone,
};
use hyperscope::storage::{Precision, sha256_hex};
use safetensors::SafeTensors;

use crate::{common, golden, pictures, read, relative_error, small_config, values};

pub(crate) fn file(name: &str) -> PathBuf {
    common::golden(&format!("backbones/{name}"))
}

/// The file, what it is, the entries of `features.safetensors` that it is compared with, and their sides.
const FILES: &[(&str, &str, Family, &str, &[usize])] = &[
    ("dino.pth", "DINO-64/4", Family::Dino, "dino", &[16, 24]),
    ("dino_hf.safetensors", "DINO-64/4", Family::Dino, "dino_hf", &[16, 12]),
    ("deit.pth", "DeiT-64/4", Family::Deit, "deit", &[16]),
    ("mae.pth", "MAE-64/4", Family::Mae, "mae", &[16, 20]),
    ("mae_hf.safetensors", "MAE-64/4", Family::Mae, "mae_hf", &[16]),
    ("dinov2.safetensors", "DINOv2-64/14", Family::Dinov2, "dinov2", &[42, 56]),
    (
        "dinov2_registers.pth",
        "DINOv2-64/14 with registers",
        Family::Dinov2Registers,
        "dinov2_registers",
        &[42, 28],
    ),
    (
        "dinov2_registers_timm.safetensors",
        "DINOv2-64/14 with registers",
        Family::Dinov2Registers,
        "dinov2_registers.timm",
        &[42, 28],
    ),
    (
        "dinov2_registers_hf.safetensors",
        "DINOv2-64/14 with registers",
        Family::Dinov2Registers,
        "dinov2_registers_hf",
        &[42],
    ),
    ("clip.pt", "CLIP-64/4", Family::Clip, "clip", &[16, 24]),
    ("clip_timm.safetensors", "CLIP-64/4", Family::Clip, "clip", &[16, 24]),
    ("clip_hf/pytorch_model.bin", "CLIP-64/4", Family::Clip, "clip_hf", &[16]),
];

fn recognised(bytes: &[u8]) -> BackboneConfig {
    match recognise_backbone(bytes).unwrap() {
        Guess::Backbone(config) => config,
        Guess::Unknown(nearest) => panic!("{nearest}"),
    }
}

/// Every token after the final norm.
fn features(backbone: &Backbone, images: Tensor<4>) -> Vec<f32> {
    let tokens = backbone.embed(images);
    let [_, count, _] = tokens.dims();
    values(backbone.normalise(backbone.run_blocks(tokens, count)))
}

#[test]
fn every_family_agrees_with_timm_and_transformers() {
    let expected = read(&file("features.safetensors"));
    let expected = SafeTensors::deserialize(&expected).unwrap();
    for (name, described, family, entry, sides) in FILES {
        let bytes = read(&file(name));
        let found = inspect(&bytes).unwrap();
        let Contents::Backbone { name: said, config, .. } = &found.contents else {
            panic!("{name}: {}", found.summary())
        };
        assert_eq!((said.as_str(), config.family, config.depth), (*described, *family, 2), "{name}");
        assert!(
            found.tensors.is_complete() && found.tensors.unexpected.is_empty(),
            "{name}: {:?}",
            found.tensors
        );
        // The one learns, the other infers.
        for device in [cpu_device(), cpu_device().autodiff()] {
            let (backbone, report) = load_backbone(&bytes, config, &device).unwrap();
            assert_eq!(report, found.tensors, "{name}");
            for side in *sides {
                let found = features(&backbone, pictures(1, *side, &device));
                let error = relative_error(&found, &golden(&expected, &format!("{entry}.{side}")));
                println!("{name}, {side} px: relative error {error:.1e}");
                assert!(error < 1e-4, "{name}, {side} px: relative error {error:e}");
                // Positions resampled when it is loaded, so that they can learn.
                let grid = side / config.patch;
                let resampled = BackboneConfig { grid, ..config.clone() };
                let (resampled, _) = load_backbone(&bytes, &resampled, &device).unwrap();
                assert_eq!(features(&resampled, pictures(1, *side, &device)), found, "{name}, {side} px");
            }
        }
    }
}

#[test]
fn whisper_by_transformers_agrees_with_it() {
    let expected = read(&file("features.safetensors"));
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let bytes = read(&file("whisper_hf.safetensors"));
    let (encoder, report) = WhisperEncoder::from_bytes(&bytes, &cpu_device()).unwrap();
    assert!(report.unexpected.is_empty(), "{report:?}");
    let mel = TensorData::new(golden(&expected, "whisper_hf.mel"), [1, 80, 40]);
    let found = values(encoder.forward(Tensor::from_data(mel, &cpu_device())));
    let error = relative_error(&found, &golden(&expected, "whisper_hf.features"));
    println!("Whisper by transformers: relative error {error:.1e}");
    assert!(error < 1e-4, "relative error {error:e}");
    assert_eq!(recognised(&bytes).name(), "Whisper-64");
}

/// `sum(p.numel())` of timm 1.0.31's models without classifiers and of transformers 5.24's; of Whisper with a bias of
/// keys, which is zero.
#[test]
fn the_counts_are_those_of_the_published_sizes() {
    let count = |family, dim: usize, depth, patch, grid| {
        let pixels = None;
        BackboneConfig { family, dim, depth, heads: dim / 64, mlp: 4 * dim, patch, grid, pixels }.num_params()
    };
    assert_eq!(count(Family::Deit, 192, 12, 16, 14), 5_524_416);
    assert_eq!(count(Family::Dino, 384, 12, 8, 28), 21_670_272);
    assert_eq!(count(Family::Dino, 768, 12, 8, 28), 85_807_872);
    assert_eq!(count(Family::Mae, 1_024, 24, 16, 14), 303_301_632);
    assert_eq!(count(Family::Dinov2, 384, 12, 14, 37), 22_056_192);
    assert_eq!(count(Family::Dinov2, 768, 12, 14, 37), 86_579_712);
    assert_eq!(count(Family::Dinov2, 1_024, 24, 14, 37), 304_367_616);
    assert_eq!(count(Family::Dinov2Registers, 384, 12, 14, 37), 22_057_728);
    assert_eq!(count(Family::Dinov2Registers, 1_024, 24, 14, 37), 304_371_712);
    assert_eq!(count(Family::Clip, 768, 12, 32, 7), 87_456_000);
    assert_eq!(count(Family::Clip, 768, 12, 16, 14), 85_799_424);
    assert_eq!(count(Family::Clip, 1_024, 24, 14, 16), 303_179_776);
    assert_eq!(count(Family::Whisper, 384, 4, 2, 1_500), 8_209_920);
    assert_eq!(count(Family::Whisper, 512, 6, 2, 1_500), 20_593_664);
    assert_eq!(count(Family::Whisper, 768, 12, 2, 1_500), 88_163_328);
}

/// A network of pictures around this backbone.
fn config_around(backbone: &BackboneConfig, mode: Mode) -> ModelConfig {
    let input_size = 2 * backbone.patch;
    let backbone = BackboneConfig { grid: 2, ..backbone.clone() };
    ModelConfig { mode, input_size, backbone, ..small_config(Composer::TransInr) }
}

/// The weights that get no gradient, or one of zeros, by their number of axes.
fn without_gradient(network: &Hypernetwork, gradients: &Gradients) -> Vec<Vec<usize>> {
    struct Visitor<'a> {
        gradients: &'a Gradients,
        found: Vec<Vec<usize>>,
    }
    impl ModuleVisitor for Visitor<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.gradients).map(|gradient| values(gradient.abs().sum())[0]);
            if gradient.is_none_or(|size| size == 0.0) {
                self.found.push(param.lazy_shape().as_slice().to_vec());
            }
        }
    }
    let mut visitor = Visitor { gradients, found: Vec::new() };
    network.visit(&mut visitor);
    visitor.found
}

#[test]
fn every_family_is_part_of_a_network_that_learns_and_is_kept() {
    let device = cpu_device();
    let folder = tempfile::tempdir().unwrap();
    for (name, described, family, ..) in FILES {
        let bytes = read(&file(name));
        let path = folder.path().join(name.replace('/', "_"));
        common::put(&path, &bytes);
        let sha256 = sha256_hex(&bytes);
        let config = config_around(&recognised(&bytes), Mode::Prompt);
        let (backbone, _) = load_backbone(&bytes, &config.backbone, &device).unwrap();
        let network = Hypernetwork::from_backbone(&config, backbone, 0, &device).unwrap();
        assert_eq!(network.num_params(), config.parameters().total(), "{name}");
        let images = |device: &Device| pictures(1, config.input_size, device);
        let weights: Vec<Vec<f32>> = network.forward(images(&device)).into_iter().map(values).collect();
        // With its backbone, and without: then found again by its hash, whatever kind of file it is in.
        for sha256 in [None, Some(sha256.as_str())] {
            let written = checkpoint_bytes(&network, sha256, &BTreeMap::new()).unwrap();
            let again = Checkpoint::from_bytes(&written, &[folder.path().into()], &device).unwrap();
            assert_eq!(*again.network.config(), config, "{name}");
            let same: Vec<Vec<f32>> =
                again.network.forward(images(&device)).into_iter().map(values).collect();
            assert_eq!(same, weights, "{name}");
            assert!(again.to_bytes(Precision::F32).unwrap() == written, "{name}: the bytes differ");
            let found = inspect(&written).unwrap();
            assert!(found.tensors.is_complete() && found.tensors.unexpected.is_empty(), "{name}");
            assert!(found.lines()[0].starts_with(described), "{name}: {:?}", found.lines());
        }
        // Fine-tuned, and from random weights of the same architecture.
        let learning = device.clone().autodiff();
        let (backbone, _) = load_backbone(&bytes, &config.backbone, &learning).unwrap();
        let loaded = Hypernetwork::from_backbone(&config, backbone, 0, &learning).unwrap();
        for network in [loaded, Hypernetwork::init(&config, 0, &learning).unwrap()] {
            let out = network.forward(images(&learning));
            let ramp = |weight: Tensor<3>| {
                let [_, rows, columns] = weight.dims();
                let aim =
                    Tensor::<1, burn::tensor::Int>::arange(0..(rows * columns) as i64, &learning).float();
                (weight * aim.sin().reshape([1, rows, columns])).sum()
            };
            let loss = out.into_iter().map(ramp).reduce(|a, b| a + b).unwrap()
                + network.biases().into_iter().map(Tensor::sum).reduce(|a, b| a + b).unwrap();
            let found = without_gradient(&network, &loss.backward());
            assert!(found.is_empty(), "{family:?} has weights without a gradient: {found:?}");
        }
    }
}

#[test]
fn positions_of_masked_autoencoders_are_sines_and_cosines() {
    let bytes = read(&file("mae.pth"));
    let config = ModelConfig {
        input_size: 16,
        backbone: recognised(&bytes),
        ..config_around(&recognised(&bytes), Mode::Scratch)
    };
    let network = Hypernetwork::init(&config, 0, &cpu_device()).unwrap();
    let found = values(network.backbone.pos_embed.unwrap().val());
    let expected = read(&file("features.safetensors"));
    let expected = golden(&SafeTensors::deserialize(&expected).unwrap(), "mae.sines");
    assert!(relative_error(&found, &expected) < 1e-6);
}

#[test]
fn the_files_beside_weights_tell_how_pixels_are_normalised() {
    let Guess::Backbone(config) = WeightsFile::read(&file("clip_hf")).unwrap().recognise().unwrap() else {
        panic!("not recognised")
    };
    let told = PixelScale { mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.25, 0.3] };
    assert_eq!((config.family, config.pixel_scale()), (Family::Clip, told));
    let model = config_around(&config, Mode::Prompt);
    assert_eq!(ModelConfig::from_json(&model.to_json().unwrap()).unwrap(), model);

    // The tensors of these families are alike: a file beside them tells which it is.
    let folder = tempfile::tempdir().unwrap();
    let weights = folder.path().join("pytorch_model.bin");
    common::put(&weights, &read(&file("dino.pth")));
    let with = |name: &str, text: &str| {
        common::put(&folder.path().join(name), text.as_bytes());
        WeightsFile::read(folder.path()).and_then(|file| file.recognise())
    };
    let imagenet = Family::Dino.pixel_scale();
    for (config, family, scale) in [
        ("{}", Family::Dino, imagenet),
        (r#"{"model_type": "vit_mae"}"#, Family::Mae, imagenet),
        (
            r#"{"architecture": "deit_small_patch16_224", "pretrained_cfg": {"tag": "fb_in1k"}}"#,
            Family::Deit,
            imagenet,
        ),
        (
            r#"{"architecture": "vit_small_patch16_224", "pretrained_cfg": {"tag": "in21k", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}"#,
            Family::AugregVit,
            Family::AugregVit.pixel_scale(),
        ),
        // Of something else, or of tensors that these are not.
        (r#"{"architecture": {"a": 1}, "model_type": "bert"}"#, Family::Dino, imagenet),
        (r#"{"model_type": "clip"}"#, Family::Dino, imagenet),
    ] {
        let Ok(Guess::Backbone(found)) = with("config.json", config) else { panic!("{config}") };
        assert_eq!((found.family, found.pixel_scale()), (family, scale), "{config}");
    }
    let refused = with("config.json", r#"{"hidden_act": "relu"}"#).unwrap_err().to_string();
    assert!(refused.contains("hidden_act relu, where DINO-64/4 has gelu"), "{refused}");
    let refused = with("config.json", "{").unwrap_err().to_string();
    assert!(refused.contains("config.json"), "{refused}");
    common::put(&folder.path().join("config.json"), b"{}");
    let Ok(Guess::Backbone(found)) =
        with("preprocessor_config.json", r#"{"image_mean": 0.5, "image_std": [0.5, 0.5, 0.5]}"#)
    else {
        panic!("not recognised")
    };
    assert_eq!((found.family, found.pixels), (Family::AugregVit, None));
    // The tensors are those of the other family too: a model that wants that one takes them.
    load_backbone(&read(&weights), &BackboneConfig { family: Family::Mae, ..found }, &cpu_device()).unwrap();
    std::fs::remove_file(&weights).unwrap();
    let refused = WeightsFile::read(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("holds no file of weights"), "{refused}");
}
