//! What lies on the view of an object: its surface, the input camera, how it is drawn.

use eframe::egui::epaint::{Mesh as Triangles, Vertex, WHITE_UV};
use eframe::egui::{Align2, Color32, Pos2, Rect, Response, Shape, Stroke, TextureId, Ui, pos2, vec2};
use glam::{DVec3, dvec2, dvec3};

use super::layout::Panels;
use super::object_view::ScreenView;
use super::overlay::chip;
use crate::app::action::Action;
use crate::app::item::Item;
use crate::app::object_look::OrbitChange;
use crate::app::state::State;
use crate::app::theme::{palette, size, space};
use crate::camera::{Camera, Intrinsics, Orbit};
use crate::export::Mesh;
use crate::render::Drawn;

/// How far the input camera's picture is drawn in front of it.
const FRUSTUM: f64 = 0.6;
/// How much of the field is seen through its surface.
const SURFACE_ALPHA: u8 = 150;

pub(crate) fn show(
    ui: &mut Ui,
    state: &State,
    item: &Item,
    panels: &Panels,
    rect: Rect,
    response: &Response,
    actions: &mut Vec<Action>,
) {
    // While the field changes, its surface is another one with every step.
    let is_at_rest = item.surface.is_shown && item.refinement.is_none();
    if let Some(mesh) = item.surface.mesh.as_ref().filter(|_| is_at_rest) {
        surface(ui, item, mesh, rect);
    }
    input_cameras(ui, item, rect, response, actions);
    badge(ui, panels, rect);
    place(ui, state, item, rect);
}

/// Baked or exact, and how far.
fn badge(ui: &Ui, panels: &Panels, rect: Rect) {
    let Some(volume) = panels.volume else { return };
    let text = match volume.drawn {
        Drawn::Nothing => return,
        Drawn::Baked { voxels, coarser: 1 } => format!("Baked, {voxels} voxels"),
        Drawn::Baked { voxels, coarser } => format!("Baked, {voxels} voxels, 1 / {coarser} of the pixels"),
        Drawn::Exact { fraction } if fraction < 1.0 => format!("Exact {:.0} %", fraction * 100.0),
        Drawn::Exact { .. } => match volume.spared {
            Some(spared) => format!("Exact, {:.0} % of the samples spared", spared * 100.0),
            None => "Exact".into(),
        },
    };
    let text = match volume.baked_ms.filter(|_| matches!(volume.drawn, Drawn::Baked { .. })) {
        Some(ms) => format!("{text}, {ms:.0} ms"),
        None => text,
    };
    chip(ui, pos2(rect.right() - space::M, rect.bottom() - space::M), Align2::RIGHT_BOTTOM, &text);
}

/// Where one looks from, in the frame of the input camera.
fn place(ui: &Ui, state: &State, item: &Item, rect: Rect) {
    let back = item.orbit.rotation * DVec3::Z;
    let (azimuth, elevation) =
        (back.x.atan2(back.z).to_degrees(), back.y.clamp(-1.0, 1.0).asin().to_degrees());
    let way = if state.look.object.is_flying { "Flying, " } else { "" };
    let text = format!(
        "{way}{azimuth:.0}° right, {elevation:.0}° up, {:.2} away, {:.0}° wide",
        item.orbit.distance, item.orbit.fov_deg
    );
    chip(ui, pos2(rect.left() + space::M, rect.bottom() - space::M), Align2::LEFT_BOTTOM, &text);
}

/// The cameras of the input pictures, to be gone to by a click.
fn input_cameras(ui: &Ui, item: &Item, rect: Rect, response: &Response, actions: &mut Vec<Action>) {
    let view = ScreenView::new(ui, rect, &item.orbit);
    let cameras: Vec<(Camera, Frustum)> = item
        .input_cameras()
        .into_iter()
        .filter_map(|camera| Some((camera, frustum(&view, &item.orbit, &camera)?)))
        .collect();
    let away = |frustum: &Frustum| response.hover_pos().map(|pointer| pointer.distance(frustum.apex));
    let near = cameras
        .iter()
        .filter_map(|(camera, frustum)| Some((camera, frustum.apex, away(frustum)?)))
        .filter(|(.., away)| *away < size::SPLIT_GRAB)
        .min_by(|one, other| one.2.total_cmp(&other.2));
    let palette = palette(ui);
    let painter = ui.painter_at(rect);
    for (_, Frustum { apex, corners }) in &cameras {
        let is_near = near.is_some_and(|(_, at, _)| at == *apex);
        let color = if is_near { palette.accent } else { palette.text_weak };
        for (corner, next) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            painter.line_segment([*apex, *corner], Stroke::new(size::LINE, color));
            painter.line_segment([*corner, *next], Stroke::new(size::LINE, color));
        }
        painter.circle_filled(*apex, size::SPLIT_KNOB / 3.0, color);
    }
    if let Some((camera, apex, _)) = near {
        let at = apex + vec2(space::M, 0.0);
        chip(ui, at, Align2::LEFT_CENTER, "Input camera: click to go there");
        if response.clicked() {
            actions.push(Action::Orbit(OrbitChange::Goal(Orbit::of_camera(camera))));
        }
    }
}

/// A camera on the screen: where it stands, and the corners of its picture in front of it.
struct Frustum {
    apex: Pos2,
    corners: [Pos2; 4],
}

/// `None` behind the viewer, and from the camera's own place, where it would frame the whole view.
fn frustum(view: &ScreenView, from: &Orbit, camera: &Camera) -> Option<Frustum> {
    let pose = camera.world_from_camera;
    if from.eye().distance(pose.translation) < FRUSTUM {
        return None;
    }
    let Intrinsics { width, height, focal_px, .. } = camera.intrinsics;
    let half = dvec2(f64::from(width), f64::from(height)) / 2.0 / focal_px * FRUSTUM;
    let at = |camera: DVec3| view.on_screen(pose.transform_point3(camera)).map(|(at, _)| at);
    let corner = |x: f64, y: f64| at(dvec3(x * half.x, y * half.y, -FRUSTUM));
    let corners = [corner(-1.0, -1.0)?, corner(1.0, -1.0)?, corner(1.0, 1.0)?, corner(-1.0, 1.0)?];
    Some(Frustum { apex: at(DVec3::ZERO)?, corners })
}

/// The surface, its far triangles first.
fn surface(ui: &Ui, item: &Item, mesh: &Mesh, rect: Rect) {
    let view = ScreenView::new(ui, rect, &item.orbit);
    let place = |at: &[f32; 3]| view.on_screen(DVec3::from(at.map(f64::from)));
    let corners: Vec<Option<(Pos2, f64)>> = mesh.positions.iter().map(place).collect();
    let eye = item.orbit.eye();
    let mut facing: Vec<(f64, [u32; 3])> = mesh
        .triangles
        .iter()
        .filter_map(|triangle| {
            let depth: f64 =
                triangle.iter().filter_map(|corner| corners[*corner as usize]).map(|(_, depth)| depth).sum();
            let is_seen = triangle.iter().all(|corner| corners[*corner as usize].is_some());
            let first = triangle[0] as usize;
            let normal = DVec3::from(mesh.normals[first].map(f64::from));
            let place = DVec3::from(mesh.positions[first].map(f64::from));
            (is_seen && normal.dot(eye - place) > 0.0).then_some((depth, *triangle))
        })
        .collect();
    facing.sort_by(|a, b| b.0.total_cmp(&a.0));
    let palette = palette(ui);
    let [r, g, b, _] = palette.accent.to_array();
    let mut triangles = Triangles::with_texture(TextureId::default());
    triangles.vertices = corners
        .iter()
        .zip(&mesh.normals)
        .map(|(corner, normal)| {
            // Lit from the eye, so that its shape is seen.
            let facing =
                (item.orbit.rotation.inverse() * DVec3::from(normal.map(f64::from))).z.clamp(0.2, 1.0);
            let lit = |channel: u8| (f64::from(channel) * facing) as u8;
            let color = Color32::from_rgba_unmultiplied(lit(r), lit(g), lit(b), SURFACE_ALPHA);
            Vertex { pos: corner.map_or(Pos2::ZERO, |(at, _)| at), uv: WHITE_UV, color }
        })
        .collect();
    triangles.indices = facing.into_iter().flat_map(|(_, triangle)| triangle).collect();
    ui.painter_at(rect).add(Shape::mesh(triangles));
}
