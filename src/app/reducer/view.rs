//! How the selected item is looked at.

use super::library;
use crate::app::action::{Action, Effect, ViewChange};
use crate::app::object_look::OrbitChange;
use crate::app::state::{NoticeKind, State};
use crate::camera::ImageView;
use crate::engine::ItemId;

/// Places of an object that are kept, at most.
const PLACES_MAX: usize = 32;
/// Differences that the error map can be scaled to.
pub(crate) const ERROR_SCALES: std::ops::RangeInclusive<f32> = 0.01..=1.0;

/// Look at an item.
pub(crate) fn select(state: &mut State, id: ItemId) -> Vec<Effect> {
    if state.item(id).is_some() {
        state.selected = Some(id);
        state.look.is_peeking = false;
    }
    Vec::new()
}

/// Look at the item this many places further down.
pub(crate) fn select_step(state: &mut State, step: i32) -> Vec<Effect> {
    let current = state.items.iter().position(|item| Some(item.id) == state.selected);
    let last = state.items.len().saturating_sub(1);
    let next = current.map_or(0, |index| index.saturating_add_signed(step as isize).min(last));
    match state.items.get(next).map(|item| item.id) {
        Some(id) => select(state, id),
        None => Vec::new(),
    }
}

/// Change the way of looking, or the place.
pub(crate) fn look(state: &mut State, action: &Action) -> Vec<Effect> {
    match *action {
        Action::SetMode(mode) => state.look.mode = mode,
        Action::SetSplit(split) => state.look.split = split.clamp(0.0, 1.0),
        Action::SetErrorScale(scale) => {
            state.look.error_scale = scale.clamp(*ERROR_SCALES.start(), *ERROR_SCALES.end());
        }
        Action::Peek(is_peeking) => state.look.is_peeking = is_peeking,
        Action::View(ViewChange::Viewport(width, height)) => state.viewport_px = (width, height),
        Action::View(change) => move_view(state, change),
        _ => {}
    }
    Vec::new()
}

/// Move around an object, or look at objects in another way.
pub(crate) fn look_at_object(state: &mut State, action: &Action) -> Vec<Effect> {
    match *action {
        Action::LookAtObjects(look) => {
            let is_cropped_otherwise = look.crop != state.look.object.crop;
            state.look.object = look;
            if is_cropped_otherwise {
                let ids: Vec<ItemId> = state.items.iter().map(|item| item.id).collect();
                return ids.into_iter().flat_map(|id| library::find_surface(state, id)).collect();
            }
        }
        Action::Orbit(change) => {
            let Some(id) = state.selected else { return Vec::new() };
            if matches!(change, OrbitChange::Hand(_)) {
                state.look.object.is_spinning = false;
            }
            let Some(item) = state.item_mut(id) else { return Vec::new() };
            match change {
                OrbitChange::Hand(orbit) => (item.orbit, item.orbit_goal) = (orbit, None),
                OrbitChange::Step(orbit) => item.orbit = orbit,
                OrbitChange::Goal(goal) => item.orbit_goal = Some(goal),
                OrbitChange::Arrived => {
                    if let Some(goal) = item.orbit_goal.take() {
                        item.orbit = goal;
                    }
                }
                OrbitChange::Keep => return keep_place(state, id),
                OrbitChange::Forget => item.places.clear(),
            }
        }
        _ => {}
    }
    Vec::new()
}

fn keep_place(state: &mut State, id: ItemId) -> Vec<Effect> {
    let Some(item) = state.item_mut(id) else { return Vec::new() };
    let said = if item.places.len() < PLACES_MAX {
        item.places.push(item.orbit_goal.unwrap_or(item.orbit));
        format!("Kept as place {}", item.places.len())
    } else {
        format!("{PLACES_MAX} places are kept already: forget them first")
    };
    state.notify(NoticeKind::Info, said, "");
    Vec::new()
}

fn move_view(state: &mut State, change: ViewChange) {
    let (width, height) = state.viewport_px;
    let Some((id, view)) = state.selected.zip(state.view()) else { return };
    let Some(item) = state.item_mut(id) else { return };
    let (picture_width, picture_height) = item.size_px();
    let picture = (f64::from(picture_width), f64::from(picture_height)).into();
    let (viewport, center) = ((width, height).into(), (width / 2.0, height / 2.0).into());
    item.view = match change {
        ViewChange::Fit => None,
        ViewChange::Zoom(factor, anchor) => {
            Some(view.zoomed(factor, anchor.into(), viewport).kept_inside(picture))
        }
        ViewChange::ZoomCenter(factor) => Some(view.zoomed(factor, center, viewport).kept_inside(picture)),
        ViewChange::Pan(x, y) => Some(view.panned((x, y).into()).kept_inside(picture)),
        ViewChange::Actual => Some(ImageView { zoom: 1.0, ..view }),
        ViewChange::Viewport(..) => return,
    };
}
