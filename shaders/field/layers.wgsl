// The layers behind the first: many samples to a workgroup, their activations in workgroup memory from the first layer
// to the last.
//
// A thread keeps eight samples by four outputs in registers: each weight it reads serves eight samples, each activation
// four outputs, and its neighbours read neighbouring weights and the same activations. Where the weights come from is
// a library of its own: field/weights_cached.wgsl or field/weights_streamed.wgsl. `shape` and `weights` are the pass's.

#import "field/shape.wgsl"
#import "field/activation.wgsl"

// `[SAMPLES, HIDDEN_QUADS]`
var<workgroup> activations: array<vec4f, SAMPLES * HIDDEN_QUADS>;

// What a thread adds up: four outputs of each of its eight samples.
struct Sums {
    z0: vec4f,
    z1: vec4f,
    z2: vec4f,
    z3: vec4f,
    z4: vec4f,
    z5: vec4f,
    z6: vec4f,
    z7: vec4f,
}

fn sums_of(bias: vec4f) -> Sums {
    return Sums(bias, bias, bias, bias, bias, bias, bias, bias);
}

// Add the first `quads_in` quads of the activations times the rows of weights that begin at `row`. Of the samples,
// `used` are looked at; all threads must come here together.
fn add_product(sums: ptr<function, Sums>, row: u32, quads_in: u32, used: u32, lane: u32) {
    let quads = shape.hidden_quads;
    let quad = lane % quads;
    let first_sample = lane / quads * 8u;
    var done = 0u;
    while done < quads_in {
        let count = min(quads_in - done, quads_fetched());
        let place = row + 4u * done * quads;
        fetch_weights(place, count, lane);
        if first_sample < used {
            for (var k = 0u; k < count; k++) {
                let w = fetched_weights(place, k, quad);
                let x = first_sample * quads + done + k;
                (*sums).z0 += w * activations[x];
                (*sums).z1 += w * activations[x + quads];
                (*sums).z2 += w * activations[x + 2u * quads];
                (*sums).z3 += w * activations[x + 3u * quads];
                (*sums).z4 += w * activations[x + 4u * quads];
                (*sums).z5 += w * activations[x + 5u * quads];
                (*sums).z6 += w * activations[x + 6u * quads];
                (*sums).z7 += w * activations[x + 7u * quads];
            }
        }
        done += count;
    }
}

// Put the sums in the place of the activations, through the activation function.
fn keep_activated(sums: Sums, omega0: f32, lane: u32) {
    let quads = shape.hidden_quads;
    let out = lane / quads * 8u * quads + lane % quads;
    workgroupBarrier();
    activations[out] = activate(sums.z0, omega0);
    activations[out + quads] = activate(sums.z1, omega0);
    activations[out + 2u * quads] = activate(sums.z2, omega0);
    activations[out + 3u * quads] = activate(sums.z3, omega0);
    activations[out + 4u * quads] = activate(sums.z4, omega0);
    activations[out + 5u * quads] = activate(sums.z5, omega0);
    activations[out + 6u * quads] = activate(sums.z6, omega0);
    activations[out + 7u * quads] = activate(sums.z7, omega0);
    workgroupBarrier();
}

// All layers from hidden to hidden.
fn middle_layers(used: u32, lane: u32) {
    let quads = shape.hidden_quads;
    for (var layer = 0u; layer < shape.middle_layers; layer++) {
        let weight = shape.middle_weight + layer * shape.middle_stride;
        var sums = sums_of(weights[weight + 4u * quads * quads + lane % quads]);
        add_product(&sums, weight, quads, used, lane);
        keep_activated(sums, shape.omega0, lane);
    }
}

// The first four outputs of one sample.
fn last_layer(sample: u32) -> vec4f {
    var y = weights[shape.last_bias];
    for (var k = 0u; k < shape.hidden_quads; k++) {
        let x = activations[sample * shape.hidden_quads + k];
        let row = shape.last_weight + 4u * k;
        y += mat4x4f(weights[row], weights[row + 1u], weights[row + 2u], weights[row + 3u]) * x;
    }
    return y + shape.output_offset;
}
