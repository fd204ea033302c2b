//! A GLB file as triangles with materials.

use glam::{DMat4, DVec3, Vec2, Vec4, vec2};
use gltf::mesh::Mode;

use super::MeshError;
use crate::limits;
use crate::media::{Cutout, linear_from_srgb};

/// Triangles of one object, in the file's own units, y up.
pub(super) struct Mesh {
    pub(super) triangles: Vec<Triangle>,
    pub(super) materials: Vec<Material>,
}

/// Three corners.
pub(super) struct Triangle {
    pub(super) positions: [DVec3; 3],
    /// Texture coordinates.
    pub(super) places: [Vec2; 3],
    /// Linear colours with alpha, which the material's is multiplied by.
    pub(super) colors: [Vec4; 3],
    pub(super) material: usize,
}

/// What a surface looks like.
pub(super) struct Material {
    /// Linear, with alpha.
    pub(super) base_color: Vec4,
    pub(super) texture: Option<Texture>,
    pub(super) alpha: AlphaMode,
}

/// What alpha means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum AlphaMode {
    /// Nothing.
    Opaque,
    /// All or nothing, from this on.
    Mask(f32),
    /// It is seen through.
    Blend,
}

/// A picture that is wrapped around a surface, bilinear and repeating.
pub(super) struct Texture {
    width: usize,
    height: usize,
    /// Linear, with alpha, colours not multiplied by it.
    texels: Vec<Vec4>,
}

impl Texture {
    fn of(picture: &Cutout) -> Self {
        let texel = |pixel: &[u8]| {
            let value = |byte: u8| f32::from(byte) / 255.0;
            let alpha = value(pixel[3]);
            let color = |byte: u8| linear_from_srgb(if alpha > 0.0 { value(byte) / alpha } else { 0.0 });
            Vec4::new(color(pixel[0]), color(pixel[1]), color(pixel[2]), alpha)
        };
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            texels: picture.rgba().chunks_exact(4).map(texel).collect(),
        }
    }

    pub(super) fn color(&self, place: Vec2) -> Vec4 {
        let at = place * vec2(self.width as f32, self.height as f32) - 0.5;
        if !at.is_finite() {
            return Vec4::ONE;
        }
        let (low, share) = (at.floor(), at - at.floor());
        let texel = |x: f32, y: f32| {
            let x = (x as i64).rem_euclid(self.width as i64) as usize;
            let y = (y as i64).rem_euclid(self.height as i64) as usize;
            self.texels[y * self.width + x]
        };
        let upper = texel(low.x, low.y).lerp(texel(low.x + 1.0, low.y), share.x);
        let lower = texel(low.x, low.y + 1.0).lerp(texel(low.x + 1.0, low.y + 1.0), share.x);
        upper.lerp(lower, share.y)
    }
}

impl Mesh {
    /// Read the first scene of a GLB file that needs no other file.
    ///
    /// # Errors
    /// [`MeshError`] if it is no such file, has joints, or has no triangle.
    pub(super) fn from_glb(bytes: &[u8]) -> Result<Self, MeshError> {
        let gltf::Gltf { document, blob } =
            gltf::Gltf::from_slice(bytes).map_err(|err| MeshError::Broken(err.to_string()))?;
        if document.skins().next().is_some() {
            return Err(MeshError::Skinned);
        }
        if !document.buffers().all(|buffer| matches!(buffer.source(), gltf::buffer::Source::Bin)) {
            return Err(broken("its numbers lie in another file"));
        }
        let blob = blob.as_deref().unwrap_or_default();
        let mut materials = document
            .materials()
            .map(|material| read_material(&material, blob))
            .collect::<Result<Vec<_>, _>>()?;
        // For triangles without one.
        materials.push(Material { base_color: Vec4::ONE, texture: None, alpha: AlphaMode::Opaque });
        let mut mesh = Self { triangles: Vec::new(), materials };
        let scene = document.default_scene().or_else(|| document.scenes().next());
        let scene = scene.ok_or_else(|| broken("it has no scene"))?;
        let mut waiting: Vec<_> = scene.nodes().map(|node| (node, DMat4::IDENTITY)).collect();
        let mut seen = 0;
        while let Some((node, parent)) = waiting.pop() {
            seen += 1;
            if seen > limits::MESH_NODES {
                return Err(broken("its nodes contain each other, or are too many"));
            }
            let local = glam::Mat4::from_cols_array_2d(&node.transform().matrix()).as_dmat4();
            let world = parent * local;
            for primitive in node.mesh().into_iter().flat_map(|mesh| mesh.primitives().collect::<Vec<_>>()) {
                mesh.add(&primitive, world, blob)?;
            }
            waiting.extend(node.children().map(|child| (child, world)));
        }
        if mesh.triangles.is_empty() {
            return Err(broken("it has no triangle"));
        }
        Ok(mesh)
    }

    fn add(&mut self, primitive: &gltf::Primitive, world: DMat4, blob: &[u8]) -> Result<(), MeshError> {
        if primitive.mode() != Mode::Triangles {
            return Ok(());
        }
        let accessors = primitive.attributes().map(|(_, accessor)| accessor).chain(primitive.indices());
        for accessor in accessors {
            if accessor.sparse().is_some() || !(1..=limits::MESH_VERTICES).contains(&accessor.count()) {
                return Err(broken("a list of its vertices is sparse, empty or too long"));
            }
        }
        let reader = primitive.reader(|buffer| (buffer.index() == 0).then_some(blob));
        let missing = || broken("a list of its vertices is missing or ends early");
        let positions: Vec<DVec3> = reader
            .read_positions()
            .ok_or_else(missing)?
            .map(|at| world.transform_point3(glam::Vec3::from_array(at).as_dvec3()))
            .collect();
        if !positions.iter().all(|at| at.is_finite()) {
            return Err(broken("a corner lies nowhere"));
        }
        let material = primitive.material();
        let set = material.pbr_metallic_roughness().base_color_texture().map_or(0, |info| info.tex_coord());
        let places: Vec<Vec2> = reader
            .read_tex_coords(set)
            .map(|places| places.into_f32().map(Vec2::from_array).collect())
            .unwrap_or_default();
        let colors: Vec<Vec4> = reader
            .read_colors(0)
            .map(|colors| colors.into_rgba_f32().map(Vec4::from_array).collect())
            .unwrap_or_default();
        let indices: Vec<usize> = match reader.read_indices() {
            Some(indices) => indices.into_u32().map(|index| index as usize).collect(),
            None => (0..positions.len()).collect(),
        };
        let material = material.index().unwrap_or(self.materials.len() - 1);
        if self.triangles.len() + indices.len() / 3 > limits::MESH_VERTICES {
            return Err(broken("it has too many triangles"));
        }
        for corners in indices.as_chunks::<3>().0 {
            if corners.iter().any(|corner| *corner >= positions.len()) {
                return Err(broken("a triangle has a corner that is not there"));
            }
            self.triangles.push(Triangle {
                positions: corners.map(|corner| positions[corner]),
                places: corners.map(|corner| places.get(corner).copied().unwrap_or_default()),
                colors: corners.map(|corner| colors.get(corner).copied().unwrap_or(Vec4::ONE)),
                material,
            });
        }
        Ok(())
    }

    /// Move it into the unit ball: the middle of its bounding box to the origin, the farthest corner to a distance
    /// of 1. And turn it from y up to z up.
    pub(super) fn normalised(mut self) -> Result<Self, MeshError> {
        let corners = || self.triangles.iter().flat_map(|triangle| triangle.positions);
        let low = corners().fold(DVec3::INFINITY, DVec3::min);
        let high = corners().fold(DVec3::NEG_INFINITY, DVec3::max);
        let middle = (low + high) / 2.0;
        let radius = corners().map(|at| at.distance(middle)).fold(0.0, f64::max);
        if !(radius > 0.0 && radius.is_finite()) {
            return Err(broken("it has no size"));
        }
        for at in self.triangles.iter_mut().flat_map(|triangle| &mut triangle.positions) {
            let own = (*at - middle) / radius;
            *at = DVec3::new(own.x, -own.z, own.y);
        }
        Ok(self)
    }
}

fn broken(what: impl Into<String>) -> MeshError {
    MeshError::Broken(what.into())
}

fn read_material(material: &gltf::Material, blob: &[u8]) -> Result<Material, MeshError> {
    let surface = material.pbr_metallic_roughness();
    let texture = surface.base_color_texture().map(|info| read_texture(&info.texture(), blob)).transpose()?;
    let alpha = match material.alpha_mode() {
        gltf::material::AlphaMode::Opaque => AlphaMode::Opaque,
        gltf::material::AlphaMode::Mask => AlphaMode::Mask(material.alpha_cutoff().unwrap_or(0.5)),
        gltf::material::AlphaMode::Blend => AlphaMode::Blend,
    };
    Ok(Material { base_color: Vec4::from_array(surface.base_color_factor()), texture, alpha })
}

fn read_texture(texture: &gltf::Texture, blob: &[u8]) -> Result<Texture, MeshError> {
    let gltf::image::Source::View { view, .. } = texture.source().source() else {
        return Err(broken("a texture lies in another file"));
    };
    let bytes = view.offset().checked_add(view.length()).and_then(|end| blob.get(view.offset()..end));
    let bytes = bytes.ok_or_else(|| broken("a texture ends early"))?;
    let picture = Cutout::decode(bytes).map_err(|err| broken(format!("a texture cannot be read: {err}")))?;
    Ok(Texture::of(&picture))
}
