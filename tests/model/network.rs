//! Gradients, counts, composers, encoding, and a picture's way through.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use hyperscope::field::{Architecture, Encoding, FieldKind, LayerShape};
use hyperscope::media::{Framing, ImageSignal, Picture};
use hyperscope::model::{
    Checkpoint, Composer, Hypernetwork, Mode, Model, ModelConfig, Objective, PixelScale, SignalKind,
    best_device, checkpoint_bytes, cpu_device, device_name, encode_points, evaluate_batch, normalise,
};
use hyperscope::storage::Identity;
use safetensors::SafeTensors;

use crate::{common, golden, pictures, read, relative_error, small_config, values, vit_base};

/// Every parameter times `factor`.
struct Scale(f32);

impl ModuleMapper for Scale {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor * self.0)
    }
}

/// The sum over all parameters of gradient times value; every parameter must have a gradient.
struct GradientsTimesValues<'a>(&'a burn::tensor::Gradients, f64);

impl ModuleVisitor for GradientsTimesValues<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = values(param.val().grad(self.0).unwrap());
        let products = gradient.iter().zip(values(param.val()));
        self.1 += products.map(|(gradient, value)| f64::from(*gradient) * f64::from(value)).sum::<f64>();
    }
}

/// Everything learns, positions of another grid included: scaling all parameters together changes the
/// loss as the gradients say.
#[test]
fn gradients_agree_with_finite_differences() {
    let device = cpu_device().autodiff();
    for composer in ["trans-inr", "residual"] {
        let checkpoint = read(&common::golden(&format!("model_{composer}.safetensors")));
        let network = Checkpoint::from_bytes(&checkpoint, &[], &device).unwrap().network;
        let outputs = |network: &Hypernetwork| {
            let points = TensorData::new(vec![0.1_f32, -0.7, 0.9, 0.4, -0.3, 0.2, 0.0, 0.6], [2, 2, 2]);
            let weights = network.forward(pictures(2, 40, &device));
            let field = &network.config().field;
            evaluate_batch(field, &weights, &network.biases(), Tensor::from_data(points, &device))
        };
        let gradients = outputs(&network).square().sum().backward();
        let mut slope = GradientsTimesValues(&gradients, 0.0);
        network.visit(&mut slope);
        // Summed in f64, and over a few steps: in f32 the rounding of the sum alone is a thousandth of it.
        let moved = |factor: f32| -> f64 {
            let outputs = values(outputs(&network.clone().map(&mut Scale(factor))));
            outputs.into_iter().map(|value| f64::from(value).powi(2)).sum()
        };
        let steps = [2e-4_f32, 3e-4, 4e-4];
        let central = |step: f32| (moved(1.0 + step) - moved(1.0 - step)) / f64::from(2.0 * step);
        let expected = steps.map(central).iter().sum::<f64>() / steps.len() as f64;
        println!("{composer}: slope {} and {expected}", slope.1);
        assert!((slope.1 / expected - 1.0).abs() < 1e-3, "{composer}: slope {} and {expected}", slope.1);
    }
}

#[test]
fn a_model_writes_the_field_of_a_picture() {
    let network = Hypernetwork::init(&small_config(Composer::TransInr), 0, &cpu_device()).unwrap();
    let bytes = checkpoint_bytes(&network, None, &BTreeMap::new()).unwrap();
    let model = Model::load_on("m.safetensors", &bytes, &[], &cpu_device()).unwrap();
    let ramp: Vec<u16> = (0..24 * 24 * 3).map(|index| (index * 37) as u16).collect();
    let signal = ImageSignal {
        identity: Identity::of("p.png", b"p"),
        reference: Arc::new(Picture::new(24, 24, ramp).unwrap()),
        framing: Framing::Crop,
        original_size: (48, 24),
    };
    let generated = model.encode_image(&signal).unwrap();
    let record = &generated.record;
    assert_eq!(record.kind, FieldKind::Image { width: 24, height: 24 });
    assert_eq!(record.source, Some(signal.identity.clone()));
    assert_eq!(record.model, Some(Identity::of("m.safetensors", &bytes)));
    let images = TensorData::new(
        normalise(&signal.reference, 16, &model.config().backbone.pixel_scale()),
        [1, 3, 16, 16],
    );
    let weights = network.forward(Tensor::from_data(images, &cpu_device()));
    for (layer, weight) in record.field.layers().iter().zip(weights) {
        assert_eq!(layer.weight, values(weight));
    }
    // A picture of one colour stays that colour at any size.
    let grey = Picture::new(7, 5, vec![49_151; 7 * 5 * 3]).unwrap();
    let scale = PixelScale { mean: [0.5, 0.25, 0.0], deviation: [0.5, 0.25, 2.0] };
    let normalised = normalise(&grey, 16, &scale);
    for (channel, expected) in normalised.chunks_exact(16 * 16).zip([0.5, 2.0, 0.375]) {
        assert!(channel.iter().all(|value| (value - expected).abs() < 1e-3));
    }
}

#[test]
fn a_software_gpu_is_never_chosen() {
    let name = device_name(&best_device()).to_lowercase();
    assert!(
        !["llvmpipe", "lavapipe", "swiftshader", "warp"].iter().any(|software| name.contains(software)),
        "{name}"
    );
    assert!(device_name(&cpu_device()).starts_with("CPU"));
}

#[test]
fn the_counts_are_those_of_the_specification() {
    let vit_base = vit_base();
    let image = ModelConfig {
        kind: SignalKind::Image,
        mode: Mode::Prompt,
        composer: Composer::TransInr,
        groups: 64,
        objective: Objective::Mse,
        input_size: 224,
        backbone: vit_base,
        field: Architecture::reference_image(),
        depths: None,
        sound: None,
        lora: None,
        deep_prompts: 0,
    };
    assert_eq!(image.num_weight_tokens(), 259);
    assert_eq!(image.layer_tokens(), [64, 64, 64, 64, 3]);
    // timm's vit_base_patch16_224 without its classifier.
    assert_eq!(image.backbone.num_params(), 85_798_656);
    // The reference object field: 20 frequencies, 6 layers of 256, RGB and density.
    let depths = Some((2.0, 6.0));
    let mut object = ModelConfig { kind: SignalKind::Object, groups: 32, depths, ..image.clone() };
    (object.field.inputs, object.field.outputs, object.field.layers) = (3, 4, 6);
    object.field.encoding = Encoding::Fourier { count: 20, min: 1.0, max: 256.0 };
    let counts = object.parameters();
    assert_eq!(object.num_weight_tokens(), 164);
    assert_eq!((counts.weight_tokens, counts.heads, counts.base), (125_952, 1_085_816, 295_172));
    // The ray embedding apart.
    assert_eq!(counts.trainable(Mode::Prompt) - counts.embeddings, 1_506_940);
    assert_eq!(counts.embeddings, 7 * 768);
    assert_eq!(counts.trainable(Mode::Finetune), counts.total());
    // A count that does not divide the outputs gives way to the largest that does.
    assert_eq!(image.tokens(LayerShape { d_in: 8, d_out: 100 }), 50);
    // The formula and the modules agree.
    let small = small_config(Composer::TransInr);
    let network = Hypernetwork::init(&small, 0, &cpu_device()).unwrap();
    assert_eq!(network.num_params(), small.parameters().total());
}

#[test]
fn composers_keep_their_promises() {
    let device = cpu_device();
    let random =
        |shape: [usize; 2]| Tensor::<2>::random(shape, burn::tensor::Distribution::Normal(0.0, 1.0), &device);
    let (base, modulation) = (random([7, 6]), random([3, 7]));
    let weight = Composer::TransInr.compose(base.clone(), modulation.clone().unsqueeze());
    for length in values(weight.square().sum_dim(1)) {
        assert!((length - 1.0).abs() < 1e-5, "a column of length {length}");
    }
    let (b, m) = (values(base.clone()), values(modulation.clone()));
    let residual = values(Composer::Residual.compose(base.clone(), modulation.unsqueeze()));
    for (at, weight) in residual.iter().enumerate() {
        let (row, column) = (at / 6, at % 6);
        let expected = b[at] * (1.0 + m[(column % 3) * 7 + row]);
        assert!((weight - expected).abs() < 1e-6);
    }
    // A column of zeros stays so, with a gradient of zero.
    let dead = Tensor::<2>::zeros([7, 6], &device.clone().autodiff()).require_grad();
    let weight = Composer::TransInr.compose(dead.clone(), Tensor::ones([1, 3, 7], &device.autodiff()));
    let gradient = dead.grad(&weight.sum().backward()).unwrap();
    assert!(values(gradient).iter().all(|value| value.is_finite()));
}

/// The copies of a weight token modulate the columns that it did: where no token is attended to, nothing changes.
#[test]
fn more_weight_tokens_begin_as_copies() {
    let device = cpu_device();
    let mut network = Hypernetwork::init(&small_config(Composer::TransInr), 0, &device).unwrap();
    for block in &mut network.backbone.blocks {
        block.attn.proj.weight = Param::from_data(TensorData::zeros::<f32, _>([64, 64]), &device);
    }
    let picture = Tensor::<4>::random([1, 3, 16, 16], burn::tensor::Distribution::Normal(0.0, 1.0), &device);
    let more = network.clone().with_groups(12).unwrap();
    assert_eq!((network.config().num_weight_tokens(), more.config().num_weight_tokens()), (11, 27));
    for (few, many) in network.forward(picture.clone()).into_iter().zip(more.forward(picture)) {
        few.into_data().assert_approx_eq::<f32>(&many.into_data(), burn::tensor::Tolerance::absolute(1e-6));
    }
    assert_eq!(network.with_groups(6).unwrap().config().groups, 4, "6 is no multiple of 4");
}

#[test]
fn a_residual_model_starts_as_its_base() {
    let device = cpu_device();
    let mut config = small_config(Composer::Residual);
    config.field = Architecture::siren_image();
    let network = Hypernetwork::init(&config, 0, &device).unwrap();
    let weights = network.forward(pictures(1, 16, &device));
    for (weight, base) in weights.into_iter().zip(&network.base) {
        assert_eq!(values(weight), values(base.weight.val()));
    }
    // SIREN's own ranges (arXiv 2006.09661): 1 / d_in at first, then sqrt(6 / d_in) / omega0.
    let largest = |index: usize| values(network.base[index].weight.val().abs().max())[0];
    assert!((0.45..=0.5).contains(&largest(0)), "{}", largest(0));
    let bound = (6.0f32 / 128.0).sqrt() / 30.0;
    assert!((0.95 * bound..=bound).contains(&largest(1)), "{} of {bound}", largest(1));
}

#[test]
fn points_are_encoded_exactly_at_large_angles() {
    let field = Architecture::reference_image();
    let points = [0.999_f32, -0.731, 0.25, 0.999];
    let encoded = encode_points(&field, &points);
    let frequencies = field.encoding.frequencies();
    for (point, row) in points.chunks(2).zip(encoded.chunks(256)) {
        for (axis, coordinate) in point.iter().enumerate() {
            for (k, frequency) in frequencies.iter().enumerate() {
                let angle = f64::from(*coordinate) * f64::from(*frequency);
                assert!((f64::from(row[axis * 64 + k]) - angle.cos()).abs() < 1e-7);
                assert!((f64::from(row[128 + axis * 64 + k]) - angle.sin()).abs() < 1e-7);
            }
        }
    }
}

/// Neuron `j` of the first layer is the least-squares bump that `PyTorch` finds; it peaks at its own place
/// and is silent far from it.
#[test]
fn a_relu_field_starts_with_a_place_for_every_neuron_and_token() {
    let device = cpu_device();
    let mut config = small_config(Composer::Residual);
    config.groups = 9;
    config.field.hidden = 36;
    config.field.encoding = Encoding::Fourier { count: 24, min: 1.570_796_4, max: 100.530_97 };
    let network = Hypernetwork::init(&config, 0, &device).unwrap();
    let side = 48;
    let points: Vec<f32> = (0..side * side)
        .flat_map(|at| [at / side, at % side].map(|index| (2 * index + 1) as f32 / side as f32 - 1.0))
        .collect();
    let features = TensorData::new(encode_points(&config.field, &points), [side * side, 96]);
    let first = &network.base[0];
    let out =
        Tensor::<2>::from_data(features, &device).matmul(first.weight.val()) + first.bias.val().unsqueeze();
    let out = values(out);
    for neuron in 0..36 {
        // Groups are a square of 3 by 3; the four neurons of each, a square of 2 by 2 within.
        let (group, within) = (neuron % 9, neuron / 9);
        let place = [group / 3 * 2 + within / 2, group % 3 * 2 + within % 2];
        let column = |at: usize| out[at * 36 + neuron];
        let best = (0..side * side).max_by(|a, b| column(*a).total_cmp(&column(*b))).unwrap();
        assert_eq!([best / side / 8, best % side / 8], place, "neuron {neuron}");
        let cells_away =
            |at: usize| (at / side / 8).abs_diff(place[0]).max((at % side / 8).abs_diff(place[1]));
        let is_far = |at: &usize| cells_away(*at) > 2;
        let far = (0..side * side).filter(is_far).map(column).fold(f32::MIN, f32::max);
        assert!(far < 0.1 * column(best), "neuron {neuron} answers {far} far from its place");
    }
    let expected = read(&common::golden("model_local_start.safetensors"));
    let expected = golden(&SafeTensors::deserialize(&expected).unwrap(), "bumps");
    let weight = values(first.weight.val());
    let scale = -values(first.bias.val())[0];
    for neuron in 0..36 {
        let row = neuron % 9 / 3 * 2 + neuron / 9 / 2;
        // Of an axis: cosines and sines; of the layer: cosines of rows, of columns, then sines.
        let found: Vec<f32> =
            (0..48).map(|at| weight[(if at < 24 { at } else { at + 24 }) * 36 + neuron] / scale).collect();
        let error = relative_error(&found, &expected[row * 48..][..48]);
        assert!(error < 1e-4, "neuron {neuron}: relative error {error:e}");
    }
    // A token of group k is a blank data token at place k, but for the noise that tells tokens apart.
    let tokens = values(network.weight_tokens[0].as_ref().unwrap().val());
    let blank = values(network.backbone.pos_embed.as_ref().unwrap().val());
    let middle = &tokens[4 * 64..5 * 64];
    let mean = |axis: usize| (1..5).map(|token| blank[token * 64 + axis]).sum::<f32>() / 4.0;
    let off = (0..64).map(|axis| (middle[axis] - mean(axis)).powi(2)).sum::<f32>() / 64.0;
    assert!(off.sqrt() < 0.04, "the middle token is off by {}", off.sqrt());
}
