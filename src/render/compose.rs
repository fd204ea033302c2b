//! Shaders are put together here: libraries are imported once, constants are generated in front.

use std::borrow::Cow;
use std::fmt::Write;

use super::RenderError;

/// Every file of `shaders/`, by its path in there.
const FILES: &[(&str, &str)] = &[
    ("common/canvas.wgsl", include_str!("../../shaders/common/canvas.wgsl")),
    ("common/catmull_rom.wgsl", include_str!("../../shaders/common/catmull_rom.wgsl")),
    ("common/color_map.wgsl", include_str!("../../shaders/common/color_map.wgsl")),
    ("common/sine.wgsl", include_str!("../../shaders/common/sine.wgsl")),
    ("common/srgb.wgsl", include_str!("../../shaders/common/srgb.wgsl")),
    ("field/activation.wgsl", include_str!("../../shaders/field/activation.wgsl")),
    ("field/bake.wgsl", include_str!("../../shaders/field/bake.wgsl")),
    ("field/encoding.wgsl", include_str!("../../shaders/field/encoding.wgsl")),
    ("field/layers.wgsl", include_str!("../../shaders/field/layers.wgsl")),
    ("field/shape.wgsl", include_str!("../../shaders/field/shape.wgsl")),
    ("field/weights_cached.wgsl", include_str!("../../shaders/field/weights_cached.wgsl")),
    ("field/weights_streamed.wgsl", include_str!("../../shaders/field/weights_streamed.wgsl")),
    ("pass/evaluate_tiles.wgsl", include_str!("../../shaders/pass/evaluate_tiles.wgsl")),
    ("pass/project_axes.wgsl", include_str!("../../shaders/pass/project_axes.wgsl")),
    ("pass/screen.wgsl", include_str!("../../shaders/pass/screen.wgsl")),
    ("pass/trace_rays.wgsl", include_str!("../../shaders/pass/trace_rays.wgsl")),
    ("pass/volume_baked.wgsl", include_str!("../../shaders/pass/volume_baked.wgsl")),
    ("pass/volume_screen.wgsl", include_str!("../../shaders/pass/volume_screen.wgsl")),
];

/// A file of `shaders/pass`: what has entry points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pass {
    /// The first layer, for each row and each column.
    ProjectAxes,
    /// The field at the crossings of rows and columns.
    EvaluateTiles,
    /// What is seen of a picture in the viewport.
    Screen,
    /// An object's field, along the rays of a camera.
    TraceRays,
    /// An object's baked grid, along the rays of a camera.
    VolumeBaked,
    /// What is seen of an object in the viewport.
    VolumeScreen,
}

impl Pass {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ProjectAxes,
        Self::EvaluateTiles,
        Self::Screen,
        Self::TraceRays,
        Self::VolumeBaked,
        Self::VolumeScreen,
    ];

    /// Its path in `shaders/`.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::ProjectAxes => "pass/project_axes.wgsl",
            Self::EvaluateTiles => "pass/evaluate_tiles.wgsl",
            Self::Screen => "pass/screen.wgsl",
            Self::TraceRays => "pass/trace_rays.wgsl",
            Self::VolumeBaked => "pass/volume_baked.wgsl",
            Self::VolumeScreen => "pass/volume_screen.wgsl",
        }
    }
}

/// A pass with everything that it imports, `header` in front.
///
/// # Errors
/// [`RenderError::Shader`] if a file that is imported does not exist.
pub(super) fn compose(pass: Pass, header: &str) -> Result<String, RenderError> {
    let refuse = |reason| RenderError::Shader { pass: pass.path().into(), reason };
    let mut text = header.to_owned();
    append(pass.path(), &mut Vec::new(), &mut text, &read).map_err(refuse)?;
    Ok(text)
}

/// A file of `shaders/`: in a debug build as it is on disk now, so that a change is seen at once.
fn read(path: &str) -> Option<Cow<'static, str>> {
    if cfg!(debug_assertions)
        && let Ok(text) = std::fs::read_to_string(disk_folder().join(path))
    {
        return Some(text.into());
    }
    FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).into())
}

fn disk_folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders")
}

/// When a file of `shaders/` was last written, for debug builds to reload it; `None` in release builds.
pub(super) fn newest_change() -> Option<std::time::SystemTime> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let written = |path: &&str| std::fs::metadata(disk_folder().join(path)).ok()?.modified().ok();
    FILES.iter().map(|(path, _)| path).filter_map(written).max()
}

/// Append a file after everything that it imports and that is not there yet.
fn append(
    path: &str,
    seen: &mut Vec<String>,
    text: &mut String,
    read: &dyn Fn(&str) -> Option<Cow<'static, str>>,
) -> Result<(), String> {
    if seen.iter().any(|name| name == path) {
        return Ok(());
    }
    // Before its imports: two files that import each other end here too.
    seen.push(path.into());
    let file = read(path).ok_or_else(|| format!("there is no file shaders/{path}"))?;
    let mut body = String::with_capacity(file.len());
    for line in file.lines() {
        match line.trim().strip_prefix("#import") {
            None => {
                body.push_str(line);
                body.push('\n');
            }
            Some(name) => {
                let name = name.trim().strip_prefix('"').and_then(|name| name.strip_suffix('"'));
                let name =
                    name.ok_or_else(|| format!("shaders/{path}: expected #import \"file\": {line}"))?;
                append(name, seen, text, read)?;
            }
        }
    }
    // Writing to a String cannot fail.
    writeln!(text, "// shaders/{path}\n{body}").ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(path: &str, files: &'static [(&'static str, &'static str)]) -> Result<String, String> {
        let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).into());
        let mut text = String::new();
        append(path, &mut Vec::new(), &mut text, &read).map(|()| text)
    }

    #[test]
    fn a_library_comes_once_and_before_its_users() {
        let files = &[
            ("a", "#import \"b\"\n#import \"c\"\nfn a() {}"),
            ("b", "#import \"c\"\nfn b() {}"),
            ("c", "fn c() {}"),
        ];
        let text = composed("a", files).unwrap();
        let order: Vec<&str> = text.lines().filter(|line| line.starts_with("fn")).collect();
        assert_eq!(order, ["fn c() {}", "fn b() {}", "fn a() {}"]);
    }

    #[test]
    fn imports_of_each_other_end_and_missing_files_are_named() {
        let files =
            &[("a", "#import \"b\"\nfn a() {}"), ("b", "#import \"a\"\nfn b() {}"), ("d", "#import \"e\"")];
        assert_eq!(composed("a", files).unwrap().matches("fn").count(), 2);
        assert!(composed("d", files).unwrap_err().contains("shaders/e"));
        let malformed = &[("a", "#import b")];
        assert!(composed("a", malformed).unwrap_err().contains("expected #import"));
    }
}
