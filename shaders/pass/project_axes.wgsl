// The first layer of an image field is a sum over its two axes, so its product is taken once for each row and
// each column of the canvas, and never for a pixel. One workgroup does one coordinate.

#import "field/shape.wgsl"
#import "field/encoding.wgsl"

// The mirror of gpu_data::AxisRange.
struct AxisRange {
    // The first coordinate of this dispatch.
    first: u32,
    // Coordinates before this one are rows, from it on columns.
    column_base: u32,
    // Coordinates in all.
    end: u32,
    // Keeps the size a multiple of 16 bytes.
    padding: u32,
}

@group(0) @binding(0) var<uniform> shape: FieldShape;
@group(0) @binding(1) var<uniform> range: AxisRange;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
// `[axis_features / 2]` in quads, padded with zeros; unused without an encoding.
@group(0) @binding(3) var<storage, read> frequencies: array<vec4f>;
// `[end]`: rows, then columns.
@group(0) @binding(4) var<storage, read> coordinates: array<f32>;
// `[end, hidden_quads]`: what each coordinate adds to the first layer.
@group(0) @binding(5) var<storage, read_write> projections: array<vec4f>;

const CHUNK_QUADS: u32 = 64u;

var<workgroup> features: array<vec4f, CHUNK_QUADS>;

@compute @workgroup_size(64)
fn project_axes(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let index = min(range.first + group.x, range.end - 1u);
    let coordinate = coordinates[index];
    let axis_quads = quads_of_axis();
    let axis = select(0u, 1u, index >= range.column_base);
    let axis_weight = shape.first_weight + axis * axis_quads * 4u * shape.hidden_quads;
    for (var chunk = 0u; chunk < axis_quads; chunk += CHUNK_QUADS) {
        workgroupBarrier();
        if chunk + lane < axis_quads {
            features[lane] = feature_quad(coordinate, chunk + lane);
        }
        workgroupBarrier();
        let chunk_quads = min(axis_quads - chunk, CHUNK_QUADS);
        for (var quad = lane; quad < shape.hidden_quads; quad += 64u) {
            var sum = vec4f(0.0);
            if chunk > 0u {
                sum = projections[index * shape.hidden_quads + quad];
            }
            for (var k = 0u; k < chunk_quads; k++) {
                let x = features[k];
                let row = axis_weight + (chunk + k) * 4u * shape.hidden_quads + quad;
                sum += x.x * weights[row];
                sum += x.y * weights[row + shape.hidden_quads];
                sum += x.z * weights[row + 2u * shape.hidden_quads];
                sum += x.w * weights[row + 3u * shape.hidden_quads];
            }
            projections[index * shape.hidden_quads + quad] = sum;
        }
    }
}
