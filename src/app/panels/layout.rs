use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{CentralPanel, Frame, Id, Margin, Ui, Visuals, WidgetText};
use eframe::egui::{Color32, Stroke, Style};
use egui_tiles::{Behavior, Container, ResizeState, Tile, TileId, Tiles, Tree, UiResponse};

use super::frame_times::FrameTimes;
use super::object_view::Motion;
use super::spectrum::Shown;
use super::textures::Textures;
use super::weights::Weights;
use super::{
    cheat_sheet, drop_hint, file_form, inspector, library, notices, settings, status, training, viewport,
};
use crate::app::action::{Action, Change};
use crate::app::bridge::Bridge;
use crate::app::listening::Seen;
use crate::app::settings::PANE_WIDTHS;
use crate::app::state::{Dialog, NoticeId, State};
use crate::app::theme::{palette_of, size, space};
use crate::camera::ImageView;
use crate::render::{EvaluatorKind, FrameState, VolumeState};

/// Widths that differ by less, in points, are the same.
const SAME_WIDTH: f32 = 0.5;

/// What the panels remember that is no part of the state: how it was drawn last.
pub(crate) struct Panels {
    /// How exact the view is.
    pub(crate) frame: Option<FrameState>,
    /// Who draws it.
    pub(crate) adapter: Option<(String, EvaluatorKind)>,
    /// The program's memory.
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) textures: Textures,
    /// When notices were first seen, in seconds of egui's clock.
    pub(crate) seen: HashMap<NoticeId, f64>,
    /// The view as of the last frame, and when it last moved.
    pub(crate) view: Option<ImageView>,
    pub(crate) moved_at: f64,
    /// How far the view of an object is.
    pub(crate) volume: Option<VolumeState>,
    /// How the view of an object moves by itself.
    pub(crate) motion: Motion,
    /// What there is to see of a sound, and its spectrogram.
    pub(crate) seen_sound: Option<Arc<Seen>>,
    pub(crate) spectrum: Option<Shown>,
    pub(crate) weights: Weights,
    /// How long the last frames took.
    pub(crate) frames: FrameTimes,
    /// Since when the view has not been exact.
    pub(crate) inexact_since: Option<f64>,
    tiles: Option<Tree<Pane>>,
}

/// What stands side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pane {
    Library,
    Viewport,
    Inspector,
}

impl Panels {
    pub(crate) fn new() -> Self {
        Self {
            frame: None,
            adapter: None,
            resident_bytes: None,
            textures: Textures::default(),
            seen: HashMap::new(),
            view: None,
            moved_at: f64::NEG_INFINITY,
            volume: None,
            motion: Motion::default(),
            seen_sound: None,
            spectrum: None,
            weights: Weights::default(),
            frames: FrameTimes::default(),
            inexact_since: None,
            tiles: Some(Tree::new_horizontal(
                Id::unique("panes"),
                vec![Pane::Library, Pane::Viewport, Pane::Inspector],
            )),
        }
    }
}

/// Draw the window.
pub(crate) fn show(
    ui: &mut Ui,
    state: &State,
    panels: &mut Panels,
    bridge: Option<&mut Bridge>,
    actions: &mut Vec<Action>,
) {
    status::show(ui, state, panels, actions);
    training::show(ui, state, panels, actions);
    let central = CentralPanel::no_frame().show(ui, |ui| {
        let Some(mut tree) = panels.tiles.take() else { return };
        let width = ui.available_width();
        arrange(&mut tree, state, width);
        let mut panes = Panes { state, panels: &mut *panels, bridge, actions: &mut *actions };
        tree.ui(&mut panes, ui);
        actions.extend(rearranged(&tree, state, width));
        panels.tiles = Some(tree);
    });
    match &state.dialog {
        Some(Dialog::CheatSheet) => cheat_sheet::show(ui.ctx(), actions),
        Some(Dialog::Settings) => settings::show(ui.ctx(), state, actions),
        Some(Dialog::Training) => training::form(ui.ctx(), state, panels, actions),
        Some(Dialog::File(form)) => file_form::show(ui.ctx(), state, form, actions),
        None => {}
    }
    // Not over the training panel, whose buttons are what the next click is for.
    notices::show(ui.ctx(), state, panels, central.response.rect.right_bottom(), actions);
    drop_hint::show(ui.ctx());
    panels.textures.prune();
}

/// Give every pane its width: the side panes keep theirs, whatever becomes of the window.
fn arrange(tree: &mut Tree<Pane>, state: &State, width: f32) {
    let layout = state.settings.layout;
    let (mut library, mut inspector) = (layout.library_width, layout.inspector_width);
    let sides = if layout.is_library_open { library } else { 0.0 }
        + if layout.is_inspector_open { inspector } else { 0.0 };
    let room = (width - size::VIEWPORT_WIDTH_MIN).max(1.0);
    if sides > room {
        library *= room / sides;
        inspector *= room / sides;
    }
    let visible = [(Pane::Library, layout.is_library_open), (Pane::Inspector, layout.is_inspector_open)];
    for (pane, is_open) in visible {
        if let Some(id) = tree.tiles.find_pane(&pane) {
            tree.set_visible(id, is_open);
        }
    }
    let taken = if layout.is_library_open { library } else { 0.0 }
        + if layout.is_inspector_open { inspector } else { 0.0 };
    let widths =
        [(Pane::Library, library), (Pane::Viewport, (width - taken).max(1.0)), (Pane::Inspector, inspector)];
    for (pane, width) in widths {
        set_share(tree, pane, width);
    }
}

fn set_share(tree: &mut Tree<Pane>, pane: Pane, width: f32) {
    let Some((id, root)) = tree.tiles.find_pane(&pane).zip(tree.root()) else { return };
    if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(root) {
        linear.shares.set_share(id, width);
    }
}

/// The widths, if a person has dragged a border.
fn rearranged(tree: &Tree<Pane>, state: &State, width: f32) -> Option<Action> {
    let layout = state.settings.layout;
    let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get(tree.root()?) else { return None };
    let share = |pane| tree.tiles.find_pane(&pane).map_or(0.0, |id| linear.shares[id]);
    let shown = |pane, is_open: bool| if is_open { share(pane) } else { 0.0 };
    let total = shown(Pane::Library, layout.is_library_open)
        + share(Pane::Viewport)
        + shown(Pane::Inspector, layout.is_inspector_open);
    let dragged = |pane, is_open: bool, before: f32| {
        let now = share(pane) / total * width;
        if is_open { now.clamp(*PANE_WIDTHS.start(), *PANE_WIDTHS.end()) } else { before }
    };
    let library = dragged(Pane::Library, layout.is_library_open, layout.library_width);
    let inspector = dragged(Pane::Inspector, layout.is_inspector_open, layout.inspector_width);
    let is_moved = (library - layout.library_width).abs() > SAME_WIDTH
        || (inspector - layout.inspector_width).abs() > SAME_WIDTH;
    // In a window too narrow for them the widths are not a person's wish.
    let has_room = layout.library_width + layout.inspector_width + size::VIEWPORT_WIDTH_MIN <= width;
    (is_moved && has_room).then_some(Action::Change(Change::PaneWidths(library, inspector)))
}

struct Panes<'a> {
    state: &'a State,
    panels: &'a mut Panels,
    bridge: Option<&'a mut Bridge>,
    actions: &'a mut Vec<Action>,
}

impl Behavior<Pane> for Panes<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _: TileId, pane: &mut Pane) -> UiResponse {
        let margin = match pane {
            Pane::Viewport => Margin::ZERO,
            Pane::Library => Margin::same(space::S as i8),
            Pane::Inspector => Margin::symmetric(space::L as i8, space::XS as i8),
        };
        // The window is cleared to the panels' colour: filling them again would cost a software rasteriser a fifth
        // of a frame.
        let frame = Frame::new().inner_margin(margin);
        frame.show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            match pane {
                Pane::Library => library::show(ui, self.state, self.panels, self.actions),
                Pane::Viewport => {
                    viewport::show(ui, self.state, self.panels, self.bridge.as_deref_mut(), self.actions);
                }
                Pane::Inspector => inspector::show(ui, self.state, self.panels, self.actions),
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        match pane {
            Pane::Library => "Library",
            Pane::Viewport => "View",
            Pane::Inspector => "Inspector",
        }
        .into()
    }

    fn is_tile_draggable(&self, _: &Tiles<Pane>, _: TileId) -> bool {
        false
    }

    fn min_size(&self) -> f32 {
        size::PANE_WIDTH_MIN
    }

    fn gap_width(&self, _: &Style) -> f32 {
        size::LINE
    }

    fn resize_stroke(&self, style: &Style, resize: ResizeState) -> Stroke {
        let palette = palette_of(style.visuals.dark_mode);
        match resize {
            ResizeState::Idle => Stroke::new(size::LINE, palette.line),
            ResizeState::Hovering | ResizeState::Dragging => Stroke::new(size::SPLIT_LINE, palette.accent),
        }
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        palette_of(visuals.dark_mode).bar
    }
}
