//! What is refused, in one place. `hyperscope doctor` prints this table.

/// Largest side of a picture, in pixels.
pub const IMAGE_SIDE_PX: u32 = 16_384;
/// Largest decoded picture, in bytes as its decoder delivers it.
pub const IMAGE_DECODED_BYTES: u64 = 256 << 20;
/// Largest file that is read as a picture, in bytes.
pub const IMAGE_FILE_BYTES: u64 = 512 << 20;
/// Largest JSON document, in bytes.
pub const JSON_BYTES: u64 = 64_000_000;
/// Largest safetensors header, in bytes.
pub const SAFETENSORS_HEADER_BYTES: u64 = 16_000_000;
/// Most tensors in a safetensors file.
pub const SAFETENSORS_TENSORS: usize = 20_000;
/// Largest safetensors file, in bytes.
pub const SAFETENSORS_BYTES: u64 = 4 << 30;
/// Longest pickle of a PyTorch file, in bytes; its numbers are beside it.
pub const PICKLE_BYTES: u64 = 16 << 20;
/// Most layers of a field.
pub const FIELD_LAYERS: usize = 64;
/// Widest hidden layer or encoding of a field.
pub const FIELD_WIDTH: usize = 65_536;
/// Most parameters of a field.
pub const FIELD_PARAMS: usize = 64_000_000;
/// Most memory that the pixels of a folder of pictures or of objects' views may take, in bytes.
pub const DATASET_BYTES: u64 = 8 << 30;
/// Most views of one object.
pub const VIEWS: usize = 4_096;
/// Longest side that a view of an object is read at, in pixels; larger ones are reduced.
pub const VIEW_SIDE_PX: u32 = 512;
/// Most corners, and most triangles, of a mesh.
pub const MESH_VERTICES: usize = 16 << 20;
/// Most pixels of a mesh's textures together.
pub const MESH_TEXELS: usize = 16 << 20;
/// Most memory that the pictures of one object may take, in bytes.
pub const OBJECT_BYTES: usize = 1 << 30;
/// Most nodes of a mesh's scene.
pub const MESH_NODES: usize = 100_000;
/// Most memory that the pictures of a film may take, in bytes.
pub const FILM_BYTES: u64 = 2 << 30;
/// Most nodes along a side of a grid that an object is sampled at for a file.
pub const MESH_GRID_SIDE: usize = 512;
/// Longest side of the reference picture that a field is compared with, in pixels.
pub const REFERENCE_SIDE_PX: u32 = 1_024;
/// Side of the reference picture when nobody says otherwise, in pixels.
pub const DEFAULT_REFERENCE_SIDE_PX: u32 = 256;
/// Side of the square that the picture of an object is read and compared at, in pixels.
pub const OBJECT_SIDE_PX: u32 = 96;
/// Largest side of an exported picture, in pixels.
pub const EXPORT_SIDE_PX: u32 = 16_384;
/// Most pixels of an exported picture.
pub const EXPORT_PIXELS: u64 = 64 << 20;

/// Longest sound, in seconds.
pub const SOUND_SECS: u64 = 600;
/// Most channels of a sound.
pub const SOUND_CHANNELS: usize = 8;
/// Rates that sounds are read and written at, in Hz.
pub const SOUND_RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// The rate at which a sound is read by models and compared with its field, in Hz.
pub const SOUND_RATE_HZ: u32 = 16_000;

/// A picture of this size is not exported.
#[derive(Debug, thiserror::Error)]
#[error(
    "a picture of {width}x{height} pixels cannot be written: a side has 1 to {EXPORT_SIDE_PX} and the whole at most {} million",
    EXPORT_PIXELS / 1_000_000
)]
pub struct ExportSize {
    width: u32,
    height: u32,
}

/// Refuse a size that is not exported.
///
/// # Errors
/// [`ExportSize`] with what is allowed.
pub fn check_export(width: u32, height: u32) -> Result<(), ExportSize> {
    let sides = 1..=EXPORT_SIDE_PX;
    let is_allowed = sides.contains(&width) && sides.contains(&height);
    if is_allowed && u64::from(width) * u64::from(height) <= EXPORT_PIXELS {
        Ok(())
    } else {
        Err(ExportSize { width, height })
    }
}

/// Every limit with its value and unit, for people.
#[must_use]
pub fn table() -> Vec<(&'static str, String)> {
    vec![
        ("picture side", format!("{IMAGE_SIDE_PX} px")),
        ("picture, decoded", format!("{} MiB", IMAGE_DECODED_BYTES >> 20)),
        ("picture file", format!("{} MiB", IMAGE_FILE_BYTES >> 20)),
        ("JSON", format!("{} MB", JSON_BYTES / 1_000_000)),
        ("safetensors header", format!("{} MB", SAFETENSORS_HEADER_BYTES / 1_000_000)),
        ("safetensors tensors", SAFETENSORS_TENSORS.to_string()),
        ("safetensors file", format!("{} GiB", SAFETENSORS_BYTES >> 30)),
        ("PyTorch pickle", format!("{} MiB", PICKLE_BYTES >> 20)),
        ("field layers", FIELD_LAYERS.to_string()),
        ("field width", FIELD_WIDTH.to_string()),
        ("field parameters", FIELD_PARAMS.to_string()),
        ("picture folder, decoded", format!("{} GiB", DATASET_BYTES >> 30)),
        ("views of an object", VIEWS.to_string()),
        ("view of an object, as it is read", format!("{VIEW_SIDE_PX} px")),
        ("mesh triangles", format!("{} million", MESH_VERTICES / 1_000_000)),
        ("mesh textures", format!("{} million px", MESH_TEXELS / 1_000_000)),
        ("views of an object, decoded", format!("{} GiB", OBJECT_BYTES >> 30)),
        ("mesh nodes", MESH_NODES.to_string()),
        ("film, drawn", format!("{} GiB", FILM_BYTES >> 30)),
        ("mesh grid", format!("{MESH_GRID_SIDE}^3")),
        ("reference side", format!("{REFERENCE_SIDE_PX} px")),
        ("sound", format!("{} min", SOUND_SECS / 60)),
        ("sound channels", SOUND_CHANNELS.to_string()),
        ("sound rate", format!("{} to {} Hz", SOUND_RATES_HZ.start(), SOUND_RATES_HZ.end())),
        ("exported side", format!("{EXPORT_SIDE_PX} px")),
        ("exported pixels", format!("{} million", EXPORT_PIXELS / 1_000_000)),
    ]
}
