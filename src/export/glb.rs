//! Binary glTF 2.0 (<https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html>).

use serde_json::json;

use super::Mesh;
use crate::media::linear_from_srgb;

const MAGIC: u32 = 0x4654_6c67;
const CHUNK_JSON: u32 = 0x4e4f_534a;
const CHUNK_BIN: u32 = 0x004e_4942;
/// `componentType` of an f32, and of a u32.
const FLOAT: u32 = 5_126;
const UNSIGNED_INT: u32 = 5_125;
/// `target` of a bufferView with corners, and of one with indices.
const ARRAY_BUFFER: u32 = 34_962;
const ELEMENT_ARRAY_BUFFER: u32 = 34_963;

/// A mesh with its colours, lit by nothing: a field's colours hold its light already.
pub(super) fn bytes(mesh: &Mesh) -> Vec<u8> {
    let mut binary: Vec<u8> = Vec::new();
    let mut views = Vec::new();
    let mut append = |values: &mut dyn Iterator<Item = [u8; 4]>, target: u32| {
        let start = binary.len();
        binary.extend(values.flatten());
        views.push(json!({
            "buffer": 0, "byteOffset": start, "byteLength": binary.len() - start, "target": target
        }));
    };
    append(&mut mesh.positions.iter().flatten().map(|value| value.to_le_bytes()), ARRAY_BUFFER);
    append(&mut mesh.normals.iter().flatten().map(|value| value.to_le_bytes()), ARRAY_BUFFER);
    // COLOR_0 is linear.
    let colors = mesh.colors.iter().flatten().map(|value| linear_from_srgb(*value).to_le_bytes());
    append(&mut { colors }, ARRAY_BUFFER);
    append(&mut mesh.triangles.iter().flatten().map(|corner| corner.to_le_bytes()), ELEMENT_ARRAY_BUFFER);
    let (low, high) = bounds(&mesh.positions);
    let corners = mesh.positions.len();
    let document = json!({
        "asset": {"version": "2.0", "generator": "Hyperscope"},
        "extensionsUsed": ["KHR_materials_unlit"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "materials": [{
            "extensions": {"KHR_materials_unlit": {}},
            "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 1.0}
        }],
        "meshes": [{"primitives": [{
            "attributes": {"POSITION": 0, "NORMAL": 1, "COLOR_0": 2}, "indices": 3, "material": 0
        }]}],
        "accessors": [
            {"bufferView": 0, "componentType": FLOAT, "count": corners, "type": "VEC3", "min": low, "max": high},
            {"bufferView": 1, "componentType": FLOAT, "count": corners, "type": "VEC3"},
            {"bufferView": 2, "componentType": FLOAT, "count": corners, "type": "VEC3"},
            {"bufferView": 3, "componentType": UNSIGNED_INT, "count": 3 * mesh.triangles.len(), "type": "SCALAR"}
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": binary.len()}]
    });
    let mut text = document.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(4), b' ');
    let total = 12 + 8 + text.len() + 8 + binary.len();
    let mut out = Vec::with_capacity(total);
    out.extend([MAGIC, 2, total as u32, text.len() as u32, CHUNK_JSON].map(u32::to_le_bytes).concat());
    out.extend(text);
    out.extend([binary.len() as u32, CHUNK_BIN].map(u32::to_le_bytes).concat());
    out.extend(binary);
    out
}

fn bounds(positions: &[[f32; 3]]) -> ([f32; 3], [f32; 3]) {
    let start = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
    positions.iter().fold(start, |(low, high), at| {
        ([0, 1, 2].map(|axis| low[axis].min(at[axis])), [0, 1, 2].map(|axis| high[axis].max(at[axis])))
    })
}
