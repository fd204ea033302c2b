// An object's field along the rays of a camera, exactly: encoding, all layers and compositing in one kernel. The twin of
// field::skipping, which says what is evaluated: a bake tells beforehand what each sample adds to its ray, and how wrong
// that may be.
//
// A workgroup draws a square of pixels. Some of its threads follow a ray each, past what is empty, to the next samples
// that matter; all threads together evaluate the field at the samples of all these rays; then each ray takes in what it
// met. A ray that has met enough, or is at its end, makes room for the next pixel's, so that rounds stay full.

#import "field/bake.wgsl"
#import "field/encoding.wgsl"
#import "field/layers.wgsl"
#import "field/weights_streamed.wgsl"

// The mirror of gpu_data::Tracing.
struct Tracing {
    viewport_px: vec2u,
    // Where the dispatch begins in `squares`.
    first_square: u32,
    // Of a ray.
    samples: u32,
    // What density logits are multiplied by.
    gain: f32,
    // The doubt of a sample up to which the bake is believed.
    doubt_max: f32,
    // A ray that lets through less is not followed further.
    opaque: f32,
    // How far the last sample of a ray reaches.
    last_spacing: f32,
}

@group(1) @binding(0) var<uniform> shape: FieldShape;
@group(1) @binding(1) var<storage, read> weights: array<vec4f>;
@group(1) @binding(2) var<storage, read> frequencies: array<vec4f>;
@group(1) @binding(3) var<uniform> tracing: Tracing;
// Of each square the first pixel, over SQUARE_PX.
@group(1) @binding(4) var<storage, read> squares: array<vec2u>;
@group(1) @binding(5) var<storage, read_write> num_evaluated: atomic<u32>;
@group(1) @binding(6) var picture: CanvasTexture;
// At the nodes: how far off the optical depth of a voxel, and colours, may be.
@group(1) @binding(7) var doubts: texture_3d<f32>;

// Side of a square, in pixels.
const SQUARE_PX: u32 = 8u;
// Added to what a sample lets through, as the oracle does.
const TRANSMITTANCE_FLOOR: f32 = 1e-10;

// A round's samples: their points and how far they reach; then their colours and how much they let through.
var<workgroup> points: array<vec4f, SAMPLES>;
// What the bake says of the ray between the sample before and this one.
var<workgroup> stretches: array<vec4f, SAMPLES>;
// Depth of the sample, and the stretch's depth by weight.
var<workgroup> depths: array<vec2f, SAMPLES>;
// Of each thread with a ray: whether it has one still, and the end of its samples in this round.
var<workgroup> is_busy: array<u32, RAYS>;
var<workgroup> ends: array<u32, RAYS>;
var<workgroup> next_pixel: atomic<u32>;
var<workgroup> used_samples: u32;

// A part of a ray, as the bake has it: colour, multiplied; how much it lets through; depth by weight.
struct Stretch {
    color: vec3f,
    clear: f32,
    depth: f32,
}

struct Ray {
    pixel: vec2u,
    direction: vec3f,
    // The next sample, and the one after the last.
    next: u32,
    end: u32,
    // Colour and alpha, multiplied, of what it has met; depth by weight; and how much is still let through.
    color: vec4f,
    depth: f32,
    left: f32,
    // What the bake says since the last sample.
    since: Stretch,
    evaluated: u32,
    is_open: bool,
}

fn no_stretch() -> Stretch {
    return Stretch(vec3f(0.0), 1.0, 0.0);
}

fn no_ray() -> Ray {
    return Ray(vec2u(0u), vec3f(0.0), 0u, 0u, vec4f(0.0), 0.0, 1.0, no_stretch(), 0u, false);
}

fn depth_of(sample: u32) -> f32 {
    return view.near + (view.far - view.near) * f32(sample) / f32(max(tracing.samples, 2u) - 1u);
}

// From a sample to the next.
fn spacing_of(sample: u32) -> f32 {
    if sample + 1u >= tracing.samples {
        return tracing.last_spacing;
    }
    return depth_of(sample + 1u) - depth_of(sample);
}

// Begin with the next pixel of the square; whether there was one.
fn begin_ray(ray: ptr<function, Ray>, square: vec2u) -> bool {
    loop {
        let index = atomicAdd(&next_pixel, 1u);
        if index >= SQUARE_PX * SQUARE_PX {
            return false;
        }
        let pixel = square * SQUARE_PX + vec2u(index % SQUARE_PX, index / SQUARE_PX);
        if all(pixel < tracing.viewport_px) {
            *ray = no_ray();
            (*ray).pixel = pixel;
            (*ray).direction = direction_at(vec2f(pixel) + 0.5);
            (*ray).is_open = true;
            let span = depths_of((*ray).direction);
            if span.x < span.y {
                let spacing = (view.far - view.near) / f32(max(tracing.samples, 2u) - 1u);
                (*ray).next = u32(max(ceil((span.x - view.near) / spacing), 0.0));
                (*ray).end = min(u32((span.y - view.near) / spacing) + 1u, tracing.samples);
            }
            return true;
        }
    }
    return false;
}

fn take_in(ray: ptr<function, Ray>, stretch: Stretch) {
    (*ray).color += (*ray).left * vec4f(stretch.color, 1.0 - stretch.clear);
    (*ray).depth += (*ray).left * stretch.depth;
    (*ray).left *= stretch.clear;
}

// Draw a ray's pixel.
fn end_ray(ray: ptr<function, Ray>) {
    take_in(ray, (*ray).since);
    let seen = Seen((*ray).color, (*ray).depth + (1.0 - (*ray).color.a) * view.far);
    let evaluated = f32((*ray).evaluated) / f32(max(tracing.samples, 1u));
    textureStore(picture, (*ray).pixel, shaded(seen, (*ray).direction, evaluated));
    (*ray).is_open = false;
}

// The next samples of a ray that matter, `quota` of them at most, into the places from `first` on; of as many pixels
// as it takes to find any. Gives how many there are.
fn find_samples(ray: ptr<function, Ray>, square: vec2u, first: u32, quota: u32, lane: u32) -> u32 {
    var count = 0u;
    // What the samples of this round let through, by the bake's account.
    var guessed = 1.0;
    while count < quota {
        if !(*ray).is_open && !begin_ray(ray, square) {
            is_busy[lane] = 0u;
            break;
        }
        let left = (*ray).left * guessed * (*ray).since.clear;
        if (*ray).next >= (*ray).end || left < tracing.opaque {
            if count > 0u {
                break;
            }
            end_ray(ray);
            continue;
        }
        let sample = (*ray).next;
        let depth = depth_of(sample);
        let spacing = spacing_of(sample);
        let place = place_at((*ray).direction, depth);
        let cells = reach_at(place).g;
        (*ray).next += 1u;
        if cells > 0u {
            let way = f32(cells - 1u) * view.finer * view.voxel;
            (*ray).next += u32(way / (fastest_of((*ray).direction) * spacing));
            continue;
        }
        let node = node_at(place);
        let voxels = spacing / view.voxel;
        let clear = exp(log(max(1.0 - node.a, 1e-7)) * voxels);
        let since = (*ray).since;
        let doubt = textureLoad(doubts, vec3u(clamp(place + 0.5, vec3f(0.0), vec3f(textureDimensions(doubts) - 1u))), 0);
        if left * (doubt.r * voxels * clear + doubt.g * (1.0 - clear)) < tracing.doubt_max {
            let weight = since.clear * (1.0 - clear);
            (*ray).since = Stretch(
                since.color + weight * node.rgb,
                since.clear * (clear + TRANSMITTANCE_FLOOR),
                since.depth + weight * depth,
            );
        } else {
            points[first + count] = vec4f(view.origin + depth * (*ray).direction, spacing);
            stretches[first + count] = vec4f(since.color, since.clear);
            depths[first + count] = vec2f(depth, since.depth);
            guessed *= since.clear * clear;
            (*ray).since = no_stretch();
            count += 1u;
        }
    }
    return count;
}

// The first place among a round's samples that belongs to a thread, and how many do: the threads with a ray share them.
fn share_of(lane: u32) -> vec2u {
    var before = 0u;
    var all_busy = 0u;
    for (var other = 0u; other < RAYS; other++) {
        all_busy += is_busy[other];
        before += select(0u, is_busy[other], other < lane);
    }
    let quota = SAMPLES / max(all_busy, 1u);
    return vec2u(before * quota, quota);
}

fn first_layer(used: u32, lane: u32) {
    let quads = shape.hidden_quads;
    let axis_quads = quads_of_axis();
    var sums = sums_of(weights[shape.first_bias + lane % quads]);
    var done = 0u;
    // The features take the activations' place, as many at once as there is room for.
    while done < 3u * axis_quads {
        let count = min(3u * axis_quads - done, quads);
        workgroupBarrier();
        for (var slot = lane; slot < used * count; slot += WORKGROUP_SIZE) {
            let sample = slot / count;
            let quad = done + slot % count;
            let feature = feature_quad(points[sample][quad / axis_quads], quad % axis_quads);
            activations[sample * quads + slot % count] = feature;
        }
        workgroupBarrier();
        add_product(&sums, shape.first_weight + 4u * done * quads, count, used, lane);
        done += count;
    }
    keep_activated(sums, shape.omega0_first, lane);
}

// Colour of a sample, and how much it lets through.
fn outcome(sample: u32) -> vec4f {
    let logits = last_layer(sample);
    let clear = exp(-max(tracing.gain * logits.a, 0.0) * points[sample].w);
    return vec4f(1.0 / (1.0 + exp(-logits.rgb)), clear);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn trace_rays(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let square = squares[tracing.first_square + group.x];
    var ray = no_ray();
    var evaluated = 0u;
    if lane == 0u {
        atomicStore(&next_pixel, 0u);
    }
    if lane < RAYS {
        is_busy[lane] = 1u;
    }
    workgroupBarrier();
    loop {
        let share = share_of(lane);
        workgroupBarrier();
        var count = 0u;
        if lane < RAYS {
            if is_busy[lane] > 0u {
                count = find_samples(&ray, square, share.x, share.y, lane);
            }
            ends[lane] = select(0u, share.x + count, count > 0u);
        }
        workgroupBarrier();
        if lane == 0u {
            var end = 0u;
            for (var other = 0u; other < RAYS; other++) {
                end = max(end, ends[other]);
            }
            used_samples = end;
        }
        let used = workgroupUniformLoad(&used_samples);
        if used == 0u {
            break;
        }
        first_layer(used, lane);
        middle_layers(used, lane);
        for (var sample = lane; sample < used; sample += WORKGROUP_SIZE) {
            points[sample] = outcome(sample);
        }
        workgroupBarrier();
        for (var sample = share.x; sample < share.x + count; sample++) {
            let stretch = stretches[sample];
            take_in(&ray, Stretch(stretch.rgb, stretch.a, depths[sample].y));
            let clear = points[sample].a;
            let weight = (1.0 - clear);
            take_in(&ray, Stretch(weight * points[sample].rgb, clear + TRANSMITTANCE_FLOOR, weight * depths[sample].x));
        }
        ray.evaluated += count;
        evaluated += count;
    }
    if evaluated > 0u {
        atomicAdd(&num_evaluated, evaluated);
    }
}
