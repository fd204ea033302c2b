//! GLB files made in memory.

use serde_json::{Value, json};

/// A GLB of one JSON chunk and one binary chunk.
pub(crate) fn glb(document: &Value, mut binary: Vec<u8>) -> Vec<u8> {
    let mut text = document.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    binary.resize(binary.len().next_multiple_of(4), 0);
    let mut out = Vec::new();
    let length = 12 + 8 + text.len() + 8 + binary.len();
    for number in [0x4654_6C67, 2, length as u32, text.len() as u32, 0x4E4F_534A] {
        out.extend(number.to_le_bytes());
    }
    out.extend(text);
    out.extend((binary.len() as u32).to_le_bytes());
    out.extend(0x004E_4942_u32.to_le_bytes());
    out.extend(binary);
    out
}

/// A box of these half sizes around a place, one colour (linear, with alpha).
pub(crate) fn cuboid(half: [f32; 3], place: [f32; 3], color: [f32; 4]) -> (Value, Vec<u8>) {
    let corners = (0..8).map(|corner: usize| {
        [0, 1, 2].map(|axis| place[axis] + if corner >> axis & 1 == 1 { half[axis] } else { -half[axis] })
    });
    let corners: Vec<[f32; 3]> = corners.collect();
    let faces = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]];
    let indices: Vec<u16> = faces.iter().flat_map(|[a, b, c, d]| [*a, *b, *c, *a, *c, *d]).collect();
    let mut binary: Vec<u8> = corners.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    binary.extend(indices.iter().flat_map(|index| index.to_le_bytes()));
    let low = [0, 1, 2].map(|axis: usize| place[axis] - half[axis]);
    let high = [0, 1, 2].map(|axis: usize| place[axis] + half[axis]);
    let document = json!({
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": color}}],
        "buffers": [{"byteLength": binary.len()}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 96},
            {"buffer": 0, "byteOffset": 96, "byteLength": 72}
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3",
             "min": low, "max": high},
            {"bufferView": 1, "componentType": 5123, "count": 36, "type": "SCALAR"}
        ]
    });
    (document, binary)
}
