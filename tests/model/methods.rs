//! `ipc`, `lora` and deep prompts: against `PyTorch` and its autograd, their counts, and what does not go together.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use hyperscope::field::{Activation, Architecture};
use hyperscope::model::{
    Checkpoint, Composer, Hypernetwork, LoraConfig, Mode, ModelConfig, Objective, SignalKind,
    checkpoint_bytes, cpu_device, evaluate_batch,
};
use safetensors::SafeTensors;

use crate::{common, golden, pictures, read, relative_error, small_config, values, vit_base};

/// The gradients of a module by the names of a file, in the file's layout; none of what does not learn.
struct ByName<'a> {
    gradients: &'a Gradients,
    path: Vec<(String, String)>,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for ByName<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.to_owned(), container.to_owned()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = param.val().grad(self.gradients) else { return };
        let (name, container) = self.path.last().unwrap();
        let words = self.path.iter().map(|(name, _)| match name.as_str() {
            "gamma" => "weight",
            "beta" => "bias",
            other => other,
        });
        let words = words.collect::<Vec<_>>().join(".");
        let is_transposed = name == "weight" && container == "Struct:Linear";
        let gradient = if is_transposed { gradient.transpose() } else { gradient };
        self.found.insert(words, values(gradient));
    }
}

fn load(name: &str, device: &Device) -> Hypernetwork {
    let checkpoint = read(&common::golden(&format!("model_{name}.safetensors")));
    let Checkpoint { network, report, .. } = Checkpoint::from_bytes(&checkpoint, &[], device).unwrap();
    assert!(report.unexpected.is_empty(), "{report}");
    network
}

/// What it writes for two pictures, and what that gives at the golden points.
fn written(network: &Hypernetwork, expected: &SafeTensors, device: &Device) -> (Vec<Tensor<3>>, Tensor<3>) {
    let weights = network.forward(pictures(2, 16, device));
    let points = TensorData::new(golden(expected, "points"), [2, 17, 2]);
    let points = Tensor::from_data(points, device);
    let found = evaluate_batch(&network.config().field, &weights, &network.biases(), points);
    (weights, found)
}

#[test]
fn ipc_lora_and_prompts_agree_with_pytorch_and_its_gradients() {
    for name in ["ipc", "lora"] {
        let expected = read(&common::golden(&format!("model_{name}_out.safetensors")));
        let expected = SafeTensors::deserialize(&expected).unwrap();
        let learning = cpu_device().autodiff();
        for device in [cpu_device(), learning.clone()] {
            let network = load(name, &device);
            for network in [network.clone(), network.merged()] {
                let (weights, found) = written(&network, &expected, &device);
                for (index, weight) in weights.into_iter().enumerate() {
                    let expected = golden(&expected, &format!("layers.{index}.weight"));
                    let error = relative_error(&values(weight), &expected);
                    assert!(error < 1e-4, "{name}, layer {index}: relative error {error:e}");
                }
                let error = relative_error(&values(found), &golden(&expected, "values"));
                println!("{name}: relative error {error:.1e}");
                assert!(error < 1e-4, "{name}: relative error {error:e}");
            }
        }
        let network = load(name, &learning).with_frozen_backbone();
        let (_, found) = written(&network, &expected, &learning);
        let gradients = found.square().sum().backward();
        let mut by_name = ByName { gradients: &gradients, path: Vec::new(), found: BTreeMap::new() };
        network.visit(&mut by_name);
        let names: Vec<&str> =
            expected.names().into_iter().filter_map(|name| name.strip_prefix("gradient.")).collect();
        assert!(names.len() > 10);
        assert_eq!(names.len(), by_name.found.len(), "{name}: frozen weights got gradients, or others none");
        for own in names {
            let error = relative_error(&by_name.found[own], &golden(&expected, &format!("gradient.{own}")));
            assert!(error < 2e-4, "{name}, gradient of {own}: relative error {error:e}");
        }
    }
}

/// Beside closed forms: ranks of 8 on a ViT-B are 1,327,104 numbers, and `ipc` writes one layer.
#[test]
fn the_counts_are_those_of_the_papers() {
    let backbone = vit_base();
    let lora = LoraConfig { rank: 8, alpha: 16.0 };
    let config = ModelConfig {
        mode: Mode::Lora,
        lora: Some(lora),
        backbone,
        input_size: 224,
        groups: 256,
        composer: Composer::Ipc,
        field: Architecture::reference_image(),
        ..small_config(Composer::Ipc)
    };
    let counts = config.parameters();
    // Of each block q, k, v and o with 8 * (768 + 768) and two layers of 8 * (768 + 3072).
    assert_eq!(counts.lora, 12 * (4 * 8 * 1_536 + 2 * 8 * 3_840));
    assert_eq!(config.layer_tokens(), [0, 256, 0, 0, 0]);
    assert_eq!((counts.field_own, counts.field), (256 * 256, 263_939));
    // One head of 768 to 256; V is as large as the layer that it writes.
    assert_eq!((counts.weight_tokens, counts.heads, counts.base), (256 * 768, 1_536 + 769 * 256, 263_939));
    assert_eq!(counts.frozen(Mode::Lora), counts.backbone);
    assert_eq!(counts.trainable(Mode::Lora) + counts.frozen(Mode::Lora), counts.total());
    // The formulas and the modules agree.
    for (kind, composer, spread) in [
        (SignalKind::Image, Composer::Ipc, true),
        (SignalKind::Image, Composer::Residual, false),
        (SignalKind::Object, Composer::TransInr, true),
    ] {
        let field = match kind {
            SignalKind::Object => Architecture::live_object(),
            SignalKind::Image | SignalKind::Sound => small_config(composer).field,
        };
        let small = ModelConfig {
            kind,
            mode: Mode::Lora,
            lora: Some(LoraConfig { rank: 3, alpha: 1.0 }),
            deep_prompts: 5,
            objective: if spread { Objective::Nll } else { Objective::Mse },
            depths: (kind == SignalKind::Object).then_some((3.0, 5.0)),
            field: Architecture { spread, ..field },
            ..small_config(composer)
        };
        let network = Hypernetwork::init(&small, 0, &cpu_device()).unwrap();
        assert_eq!(network.num_params(), small.parameters().total(), "{kind:?}, {composer}");
        // Updates start as nothing.
        let plain = network.clone().with_mode(Mode::Prompt, lora, 0, &cpu_device()).unwrap();
        let blocks = |network: &Hypernetwork| values(network.backbone.blocks[0].attn.qkv.weight.val());
        assert_eq!(blocks(&plain), blocks(&network));
        // With a file of its own for the backbone, the low-rank tensors are in the checkpoint.
        let bytes = checkpoint_bytes(&network, Some("0123"), &BTreeMap::new()).unwrap();
        let names: Vec<String> =
            SafeTensors::deserialize(&bytes).unwrap().names().into_iter().map(str::to_owned).collect();
        assert!(
            names.contains(&"lora.0.qkv.down".to_owned()) && names.contains(&"deep_prompts.0".to_owned())
        );
        assert!(!names.iter().any(|name| name.starts_with("backbone.")));
    }
}

#[test]
fn methods_that_do_not_go_together_are_refused_with_a_sentence() {
    let base = small_config(Composer::TransInr);
    let lora = |rank, alpha| Some(LoraConfig { rank, alpha });
    let sines = Activation::Sine { omega0: 30.0, omega0_first: 30.0 };
    let with = |activation| Architecture { activation, ..base.field.clone() };
    for (config, sentence) in [
        (ModelConfig { mode: Mode::Lora, ..base.clone() }, "a rank and an alpha"),
        (ModelConfig { lora: lora(4, 1.0), ..base.clone() }, "the mode is finetune"),
        (ModelConfig { mode: Mode::Lora, lora: lora(65, 1.0), ..base.clone() }, "width of 64"),
        (ModelConfig { mode: Mode::Lora, lora: lora(0, 1.0), ..base.clone() }, "a lora of rank 0"),
        (ModelConfig { mode: Mode::Lora, lora: lora(4, f32::NAN), ..base.clone() }, "alpha of NaN"),
        (ModelConfig { deep_prompts: 100_000, ..base.clone() }, "100000 deep prompts"),
        (ModelConfig { deep_prompts: usize::MAX, ..base.clone() }, "deep prompts"),
        (
            ModelConfig {
                composer: Composer::Ipc,
                field: Architecture { layers: 2, ..base.field.clone() },
                ..base.clone()
            },
            "must not be its last",
        ),
        (ModelConfig { field: with(sines), ..base.clone() }, "choose residual"),
        (ModelConfig { composer: Composer::Ipc, field: with(sines), ..base.clone() }, "choose residual"),
    ] {
        let said = config.validate().unwrap_err().to_string();
        assert!(said.contains(sentence), "{said}");
    }
    ModelConfig { composer: Composer::Residual, field: with(sines), ..base }.validate().unwrap();
}
