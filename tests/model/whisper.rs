//! What `golden/make_whisper.py` computed with plain `PyTorch`.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use hyperscope::field::Architecture;
use hyperscope::media::{MEL_BINS, log_mel, log_mel_window};
use hyperscope::model::{
    Checkpoint, Composer, Contents, Family, Guess, Hypernetwork, Mode, ModelConfig, SignalKind, SoundConfig,
    WhisperEncoder, checkpoint_bytes, cpu_device, inspect, load_backbone, recognise_backbone,
};
use hyperscope::storage::sha256_hex;
use safetensors::SafeTensors;

use crate::{common, golden, read, relative_error, small_config, values};

const WHISPER_TINY: &str = "data/weights/whisper_tiny_en.encoder.f32.safetensors";

/// Two seconds at 16 kHz.
fn signal(file: &SafeTensors) -> Vec<f32> {
    let halves: Vec<u16> = bytemuck::pod_collect_to_vec(file.tensor("signal").unwrap().data());
    halves.into_iter().map(|bits| half::f16::from_bits(bits).to_f32()).collect()
}

fn mel_tensor(mel: Vec<f32>, device: &Device) -> Tensor<3> {
    let frames = mel.len() / MEL_BINS;
    Tensor::from_data(TensorData::new(mel, [1, MEL_BINS, frames]), device)
}

#[test]
fn the_log_mel_spectrogram_agrees_with_pytorch() {
    let bytes = read(&common::golden("whisper.safetensors"));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let samples = signal(&file);
    let (found, expected) = (log_mel(&samples[..16_000]), golden(&file, "signal.mel"));
    assert_eq!((found.len(), expected.len()), (80 * 100, 80 * 100));
    let error = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("largest difference of the log-mel spectrogram: {error:.1e}");
    assert!(error < 1e-3, "{error:e}");
    assert_eq!(log_mel_window(&samples).len(), 80 * 3_000);
    // Nothing, less than a frame, silence.
    assert!(log_mel(&[]).is_empty() && log_mel(&samples[..159]).is_empty());
    assert_eq!(log_mel(&samples[..160]).len(), 80);
    assert!(log_mel(&[0.0; 1_600]).iter().all(|value| (value + 1.5).abs() < 1e-6));
}

#[test]
fn a_small_whisper_encoder_agrees_with_pytorch() {
    let bytes = read(&common::golden("whisper.safetensors"));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    // The plain form is what trains, the fused one what infers: both.
    for device in [cpu_device(), cpu_device().autodiff()] {
        let (encoder, report) = WhisperEncoder::from_bytes(&bytes, &device).unwrap();
        assert_eq!((report.loaded.len(), report.missing.len()), (37, 0), "{report}");
        let features = encoder.forward(mel_tensor(golden(&file, "small.mel"), &device));
        assert_eq!(features.dims(), [1, 30, 64]);
        let error = relative_error(&values(features), &golden(&file, "small.features"));
        println!("small encoder: relative error {error:.1e}");
        assert!(error < 1e-4, "{error:e}");
    }
}

#[test]
fn the_real_whisper_tiny_agrees_with_pytorch() {
    let Some(path) = common::shared(WHISPER_TINY) else { return };
    let bytes = read(&path);
    let Guess::Backbone(config) = recognise_backbone(&bytes).unwrap() else { panic!("not recognised") };
    assert_eq!(
        (config.name().as_str(), config.depth, config.heads, config.mlp),
        ("Whisper-tiny", 4, 6, 1_536)
    );
    assert_eq!((config.family, config.dim, config.grid), (Family::Whisper, 384, 1_500));
    let inspection = inspect(&bytes).unwrap();
    assert!(matches!(&inspection.contents, Contents::Backbone { name, .. } if name == "Whisper-tiny"));
    assert!(inspection.tensors.is_complete() && inspection.tensors.unexpected.is_empty());

    let expected = read(&common::golden("whisper.safetensors"));
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let device = cpu_device();
    let (encoder, _) = WhisperEncoder::from_bytes(&bytes, &device).unwrap();
    let features = encoder.forward(mel_tensor(log_mel_window(&signal(&expected)), &device));
    assert_eq!(features.dims(), [1, 1_500, 384]);
    let norm = golden(&expected, "real.norm")[0];
    let whole = values(features.clone().square().sum().sqrt())[0];
    assert!((whole / norm - 1.0).abs() < 1e-3, "norm {whole} and {norm}");
    let indices =
        |name: &str| -> Vec<i64> { bytemuck::pod_collect_to_vec(expected.tensor(name).unwrap().data()) };
    let features = values(features);
    let mut picked = Vec::new();
    for position in indices("real.positions") {
        picked.extend(
            indices("real.channels").iter().map(|channel| features[(position * 384 + channel) as usize]),
        );
    }
    let error = relative_error(&picked, &golden(&expected, "real.features"));
    println!("Whisper-tiny: relative error {error:.1e}, norm off by {:.1e}", whole / norm - 1.0);
    assert!(error < 1e-3, "{error:e}");
}

/// A network of sounds around the backbone of the golden file, its first block alone in use.
fn network_of_sounds(bytes: &[u8], device: &Device) -> Hypernetwork {
    let Guess::Backbone(found) = recognise_backbone(bytes).unwrap() else { panic!("not recognised") };
    let mut field = Architecture::live_sound();
    (field.layers, field.hidden) = (3, 12);
    let mut config = ModelConfig {
        kind: SignalKind::Sound,
        mode: Mode::Prompt,
        input_size: 80,
        backbone: found,
        field,
        sound: Some(SoundConfig { sample_rate: 16_000, patch: 10 }),
        ..small_config(Composer::TransInr)
    };
    // As a run has it: no more blocks than it asks for, the grid that of its window.
    (config.backbone.depth, config.backbone.grid) = (1, 40);
    let (backbone, report) = load_backbone(bytes, &config.backbone, device).unwrap();
    assert_eq!((report.loaded.len(), report.ignored.len()), (22, 15), "{report}");
    Hypernetwork::from_backbone(&config, backbone, 0, device).unwrap()
}

#[test]
fn whisper_is_a_backbone_of_sounds() {
    let bytes = read(&common::golden("whisper.safetensors"));
    let device = cpu_device();
    let network = network_of_sounds(&bytes, &device);
    let waves = || Tensor::<3>::ones([2, 8, 10], &device);
    let tokens = values(network.tokens_of_sounds(waves()));
    assert!(tokens.iter().all(|value| value.is_finite()) && tokens.iter().any(|value| value.abs() > 0.1));
    // Written without its backbone, which its hash finds again; and with it, under the names that all have.
    let folder = tempfile::tempdir().unwrap();
    common::put(&folder.path().join("whisper.safetensors"), &bytes);
    for sha256 in [None, Some(sha256_hex(&bytes))] {
        let written = checkpoint_bytes(&network, sha256.as_deref(), &BTreeMap::new()).unwrap();
        let again = Checkpoint::from_bytes(&written, &[folder.path().into()], &device).unwrap();
        assert_eq!(values(again.network.tokens_of_sounds(waves())), tokens);
        let file = SafeTensors::deserialize(&written).unwrap();
        let weights = file.tensor("backbone.blocks.0.attn.qkv.weight");
        assert_eq!(weights.ok().map(|view| view.shape().to_vec()), sha256.is_none().then(|| vec![192, 64]));
    }
    // Keys have no bias.
    let bias = values(network.backbone.blocks[0].attn.qkv.bias.as_ref().unwrap().val());
    assert!(bias[64..128].iter().all(|value| *value == 0.0) && bias[..64].iter().any(|value| *value != 0.0));
}

#[test]
fn whisper_reads_no_pictures() {
    let bytes = read(&common::golden("whisper.safetensors"));
    let device = cpu_device();
    let Guess::Backbone(backbone) = recognise_backbone(&bytes).unwrap() else { panic!("not recognised") };
    let pictures = small_config(Composer::TransInr);
    let config = ModelConfig { backbone: backbone.clone(), ..pictures.clone() };
    let err = Hypernetwork::init(&config, 0, &device).unwrap_err().to_string();
    assert!(err.contains("Whisper-64 reads sounds, not pictures"), "{err}");
    let err = load_backbone(&bytes, &pictures.backbone, &device).unwrap_err().to_string();
    assert!(
        err.contains("this is not a backbone: it is Whisper-64, where the model wants ViT-64/8"),
        "{err}"
    );
    // More blocks than there are.
    let deeper = hyperscope::model::BackboneConfig { depth: 3, ..backbone };
    let err = load_backbone(&bytes, &deeper, &device).unwrap_err().to_string();
    assert!(err.contains("encoder.blocks.2.attn.key.weight is missing"), "{err}");
}
