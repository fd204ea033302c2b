//! A GLB file as triangles with materials.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::Arc;

use glam::{DMat4, DVec3, Vec2, Vec4, vec2};
use gltf::mesh::{Mode, Semantic};

use super::MeshError;
use crate::limits;
use crate::media::{Cutout, MediaError, Picture, decode_colors, linear_from_srgb};

/// Triangles of one object, in the file's own units, y up.
pub(super) struct Mesh {
    pub(super) triangles: Vec<Triangle>,
    pub(super) materials: Vec<Material>,
    /// Corners that were read.
    pub(super) num_corners: usize,
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
    pub(super) texture: Option<Arc<Texture>>,
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
    /// `cut` has the alpha, `colors` what is behind it too: an opaque surface shows that, and an edge does not blend
    /// with black.
    fn of(colors: &Picture, cut: &Cutout) -> Self {
        let texel = |(color, cut): (&[f32], &[u8])| {
            let [red, green, blue] = [0, 1, 2].map(|channel| linear_from_srgb(color[channel]));
            Vec4::new(red, green, blue, f32::from(cut[3]) / 255.0)
        };
        Self {
            width: colors.width() as usize,
            height: colors.height() as usize,
            texels: colors.to_f32().chunks_exact(3).zip(cut.rgba().chunks_exact(4)).map(texel).collect(),
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

/// How large a mesh is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeshSize {
    /// Triangles of its first scene.
    pub triangles: usize,
    /// Materials, the one for triangles without any included.
    pub materials: usize,
    /// Along x, y and z, in units of the file.
    pub extent: [f64; 3],
}

/// How large the mesh of a GLB file is.
///
/// # Errors
/// [`MeshError`] if the file is not one that is rendered here.
pub fn mesh_size(bytes: &[u8]) -> Result<MeshSize, MeshError> {
    let mesh = Mesh::from_glb(bytes)?;
    let (low, high) = mesh.bounds();
    let extent = (high - low).to_array();
    Ok(MeshSize { triangles: mesh.triangles.len(), materials: mesh.materials.len(), extent })
}

impl Mesh {
    /// Read the first scene of a GLB file that needs no other file.
    ///
    /// # Errors
    /// [`MeshError`] if it is no such file, has joints, or has no triangle.
    pub(super) fn from_glb(bytes: &[u8]) -> Result<Self, MeshError> {
        // The reader asserts what a broken file may break. Nothing that it touches outlives the closure.
        catch_unwind(|| Self::read(bytes)).unwrap_or_else(|panic: Box<dyn Any + Send>| {
            let text = panic.downcast_ref::<&str>().copied();
            let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            Err(broken(format!("its reader failed: {}", text.unwrap_or("without a word"))))
        })
    }

    fn read(bytes: &[u8]) -> Result<Self, MeshError> {
        let gltf::Gltf { document, blob } =
            gltf::Gltf::from_slice(bytes).map_err(|err| MeshError::Broken(err.to_string()))?;
        if document.skins().next().is_some() {
            return Err(MeshError::Skinned);
        }
        if !document.buffers().all(|buffer| matches!(buffer.source(), gltf::buffer::Source::Bin)) {
            return Err(broken("its numbers lie in another file"));
        }
        let blob = blob.as_deref().unwrap_or_default();
        let mut textures = Textures::default();
        let mut materials = document
            .materials()
            .map(|material| read_material(&material, blob, &mut textures))
            .collect::<Result<Vec<_>, _>>()?;
        // For triangles without one.
        materials.push(Material { base_color: Vec4::ONE, texture: None, alpha: AlphaMode::Opaque });
        let mut mesh = Self { triangles: Vec::new(), materials, num_corners: 0 };
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
        self.num_corners += positions.len();
        if self.num_corners > limits::MESH_VERTICES {
            return Err(broken("it has too many corners"));
        }
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
        let has = |semantic: Semantic| primitive.get(&semantic).is_some();
        let ends_early = |len: usize| len > 0 && len < positions.len();
        if (has(Semantic::TexCoords(set)) && places.is_empty())
            || (has(Semantic::Colors(0)) && colors.is_empty())
            || ends_early(places.len())
            || ends_early(colors.len())
        {
            return Err(missing());
        }
        let indices: Vec<usize> = match (primitive.indices(), reader.read_indices()) {
            (_, Some(indices)) => indices.into_u32().map(|index| index as usize).collect(),
            (None, None) => (0..positions.len()).collect(),
            (Some(_), None) => return Err(missing()),
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

    fn corners(&self) -> impl Iterator<Item = DVec3> {
        self.triangles.iter().flat_map(|triangle| triangle.positions)
    }

    /// The lowest and the highest corner of its bounding box.
    pub(super) fn bounds(&self) -> (DVec3, DVec3) {
        (
            self.corners().fold(DVec3::INFINITY, DVec3::min),
            self.corners().fold(DVec3::NEG_INFINITY, DVec3::max),
        )
    }

    /// With every corner somewhere else.
    pub(super) fn moved(mut self, place: impl Fn(DVec3) -> DVec3) -> Self {
        for at in self.triangles.iter_mut().flat_map(|triangle| &mut triangle.positions) {
            *at = place(*at);
        }
        self
    }

    /// Both as one.
    pub(super) fn with(mut self, other: Self) -> Self {
        let first = self.materials.len();
        self.materials.extend(other.materials);
        let added = other.triangles.into_iter();
        self.triangles
            .extend(added.map(|triangle| Triangle { material: first + triangle.material, ..triangle }));
        self.num_corners += other.num_corners;
        self
    }

    /// Move it into the unit ball: the middle of its bounding box to the origin, the farthest corner to a distance
    /// of 1. And turn it from y up to z up.
    pub(super) fn normalised(self) -> Result<Self, MeshError> {
        let (low, high) = self.bounds();
        let middle = (low + high) / 2.0;
        let radius = self.corners().map(|at| at.distance(middle)).fold(0.0, f64::max);
        if !(radius > 0.0 && radius.is_finite()) {
            return Err(broken("it has no size"));
        }
        Ok(self.moved(|at| {
            let own = (at - middle) / radius;
            DVec3::new(own.x, -own.z, own.y)
        }))
    }
}

fn broken(what: impl Into<String>) -> MeshError {
    MeshError::Broken(what.into())
}

/// Those that were read, by the number of their picture.
#[derive(Default)]
struct Textures {
    all: BTreeMap<usize, Arc<Texture>>,
    num_texels: usize,
}

fn read_material(
    material: &gltf::Material,
    blob: &[u8],
    textures: &mut Textures,
) -> Result<Material, MeshError> {
    let surface = material.pbr_metallic_roughness();
    let texture =
        surface.base_color_texture().map(|info| textures.read(&info.texture().source(), blob)).transpose()?;
    let alpha = match material.alpha_mode() {
        gltf::material::AlphaMode::Opaque => AlphaMode::Opaque,
        gltf::material::AlphaMode::Mask => AlphaMode::Mask(material.alpha_cutoff().unwrap_or(0.5)),
        gltf::material::AlphaMode::Blend => AlphaMode::Blend,
    };
    Ok(Material { base_color: Vec4::from_array(surface.base_color_factor()), texture, alpha })
}

impl Textures {
    fn read(&mut self, image: &gltf::Image, blob: &[u8]) -> Result<Arc<Texture>, MeshError> {
        if let Some(texture) = self.all.get(&image.index()) {
            return Ok(Arc::clone(texture));
        }
        let gltf::image::Source::View { view, .. } = image.source() else {
            return Err(broken("a texture lies in another file"));
        };
        let bytes = view.offset().checked_add(view.length()).and_then(|end| blob.get(view.offset()..end));
        let bytes = bytes.ok_or_else(|| broken("a texture ends early"))?;
        let refused = |err: MediaError| broken(format!("a texture cannot be read: {err}"));
        let cut = Cutout::decode(bytes).map_err(refused)?;
        let colors = decode_colors(bytes).map_err(refused)?;
        self.num_texels += cut.rgba().len() / 4;
        if self.num_texels > limits::MESH_TEXELS {
            return Err(broken("its textures are too large"));
        }
        let texture = Arc::new(Texture::of(&colors, &cut));
        self.all.insert(image.index(), Arc::clone(&texture));
        Ok(texture)
    }
}
