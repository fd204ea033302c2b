use std::io::{self, Write};
use std::path::Path;

use super::progress::told;
use super::{ExportError, Mesh, Progress, glb};
use crate::storage::write_atomically;

/// Bytes of a corner and of a triangle, about.
const BINARY_BYTES: (u64, u64) = (40, 12);
const TEXT_BYTES: (u64, u64) = (95, 33);
/// Corners of a surface over the square of the nodes along a side that it was looked for at: 1.0 to 1.9 of objects that
/// the bundled model wrote and of refined ones, at the usual threshold.
const CORNERS: f64 = 1.3;
/// What the nodes along a side are rounded up to a multiple of, in fields of the bundled model.
const GRID_STEP: usize = 32;
/// Nodes along a side that the limit of a bake leaves of a finer grid: 160 to 256 of the same objects.
const GRID_MAX: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Glb,
    Ply,
    Obj,
}

impl Format {
    fn of(path: &Path) -> Result<Self, ExportError> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("glb") => Ok(Self::Glb),
            Some("ply") => Ok(Self::Ply),
            Some("obj") => Ok(Self::Obj),
            _ => Err(ExportError::Extension { path: path.into(), expected: ".glb, .ply or .obj" }),
        }
    }
}

/// Whether a mesh can be written under this name.
///
/// # Errors
/// [`ExportError::Extension`] with the endings that work.
pub fn check_mesh(path: &Path) -> Result<(), ExportError> {
    Format::of(path).map(drop)
}

fn corner_and_triangle_bytes(path: &Path) -> (u64, u64) {
    if Format::of(path).is_ok_and(|format| format == Format::Obj) { TEXT_BYTES } else { BINARY_BYTES }
}

/// How large its file will be, about, in bytes.
#[must_use]
pub fn mesh_bytes(path: &Path, mesh: &Mesh) -> u64 {
    let (corner, triangle) = corner_and_triangle_bytes(path);
    corner * mesh.positions.len() as u64 + triangle * mesh.triangles.len() as u64
}

/// How large the file of a surface will be that is yet to be looked for at so many nodes along a side, about, in bytes:
/// of a whole object as the bundled model writes them, at [`MESH_THRESHOLD`](super::MESH_THRESHOLD), and right to a
/// factor of two there. A lower threshold finds more, a crop box leaves less.
#[must_use]
pub fn typical_mesh_bytes(path: &Path, grid: usize) -> u64 {
    let side = grid.next_multiple_of(GRID_STEP).min(GRID_MAX) as f64;
    let corners = (CORNERS * side * side) as u64;
    let (corner, triangle) = corner_and_triangle_bytes(path);
    // A closed surface has two triangles to a corner, but for a few.
    (corner + 2 * triangle) * corners
}

/// Write a mesh with the colours of its corners, its format by the extension: binary glTF 2.0, binary PLY 1.0, or OBJ
/// with the common extension of six numbers a corner. Whether to go on is asked once, before anything is written.
///
/// # Errors
/// [`ExportError::Extension`] for another name, [`ExportError::Cancelled`], [`ExportError::Io`] by the file system.
pub fn write_mesh(path: &Path, mesh: &Mesh, progress: &mut Progress<'_>) -> Result<(), ExportError> {
    let format = Format::of(path)?;
    told(progress, 1.0)?;
    let written = write_atomically(path, |file| match format {
        Format::Glb => file.write_all(&glb::bytes(mesh)),
        Format::Ply => ply(mesh, file),
        Format::Obj => obj(mesh, file),
    });
    written.map_err(|source| ExportError::Io { path: path.into(), source })
}

fn eight_bits(color: [f32; 3]) -> [u8; 3] {
    color.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
}

fn ply(mesh: &Mesh, file: &mut dyn Write) -> io::Result<()> {
    write!(
        file,
        "ply\nformat binary_little_endian 1.0\ncomment Hyperscope\nelement vertex {}\n\
         property float x\nproperty float y\nproperty float z\n\
         property float nx\nproperty float ny\nproperty float nz\n\
         property uchar red\nproperty uchar green\nproperty uchar blue\n\
         element face {}\nproperty list uchar int vertex_indices\nend_header\n",
        mesh.positions.len(),
        mesh.triangles.len()
    )?;
    for ((position, normal), color) in mesh.positions.iter().zip(&mesh.normals).zip(&mesh.colors) {
        for value in position.iter().chain(normal) {
            file.write_all(&value.to_le_bytes())?;
        }
        file.write_all(&eight_bits(*color))?;
    }
    for triangle in &mesh.triangles {
        file.write_all(&[3])?;
        for corner in triangle {
            file.write_all(&corner.to_le_bytes())?;
        }
    }
    Ok(())
}

fn obj(mesh: &Mesh, file: &mut dyn Write) -> io::Result<()> {
    writeln!(file, "# Hyperscope")?;
    for ([x, y, z], [r, g, b]) in mesh.positions.iter().zip(&mesh.colors) {
        writeln!(file, "v {x:.6} {y:.6} {z:.6} {r:.4} {g:.4} {b:.4}")?;
    }
    for [x, y, z] in &mesh.normals {
        writeln!(file, "vn {x:.5} {y:.5} {z:.5}")?;
    }
    for triangle in &mesh.triangles {
        // Counted from 1.
        let [a, b, c] = triangle.map(|corner| corner + 1);
        writeln!(file, "f {a}//{a} {b}//{b} {c}//{c}")?;
    }
    Ok(())
}
