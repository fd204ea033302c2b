//! Curves, of any number of steps, drawn by as many points as there are pixels.

use eframe::egui::{Color32, Role, Stroke, Ui, WidgetInfo, vec2};
use egui_plot::{GridInput, GridMark, Line, Plot, PlotPoint, PlotPoints, PlotUi, log_grid_spacer};

use super::list::color;
use crate::app::format;
use crate::app::state::State;
use crate::app::theme::{palette, size};
use crate::app::training::{Axis, ChartLook, RunEntry, Shown};

/// How much of a colour the raw numbers keep behind the smoothed ones.
const BEHIND: f32 = 0.35;

/// All runs that are drawn.
pub(super) fn show(ui: &mut Ui, state: &State) {
    let look = state.settings.chart;
    let drawn: Vec<(&RunEntry, Color32)> = state.training.shown().map(|run| (run, color(ui, run))).collect();
    let width_px = ui.available_width() * ui.ctx().pixels_per_point();
    let response = Plot::new(("curves", look.shown as u8, look.axis as u8, look.is_log, look.is_log_axis))
        .show_background(false)
        .set_margin_fraction(vec2(0.01, 0.06))
        .y_axis_min_width(size::AXIS_WIDTH)
        .grid_color(palette(ui).control_active)
        .cursor_color(palette(ui).text_weak)
        .y_grid_spacer(move |input| marks(input, look.is_log))
        .x_grid_spacer(move |input| marks(input, look.is_log_axis))
        .y_axis_formatter(move |mark, _| number(look, mark.value))
        .x_axis_formatter(move |mark, _| place(look, mark.value))
        .coordinates_formatter(
            egui_plot::Corner::LeftBottom,
            egui_plot::CoordinatesFormatter::new(move |point, _| {
                format!("{}, {}", place(look, point.x), number(look, point.y))
            }),
        )
        .show(ui, |plot| {
            for (run, color) in drawn {
                draw(plot, run, look, color, width_px as usize);
            }
        });
    let name = format!("{} over {}", look.shown.name(), axis_name(look.axis));
    response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
}

fn draw(plot: &mut PlotUi<'_>, run: &RunEntry, look: ChartLook, color: Color32, width_px: usize) {
    let curves = &run.curves;
    let Some(along) = run.along(look.axis) else { return };
    let line = |points: Vec<PlotPoint>, width: f32, color: Color32| {
        Line::new(run.name.clone(), PlotPoints::Owned(points))
            .stroke(Stroke::new(width, color))
            .allow_hover(false)
    };
    let Some(series) = curves.series(look.shown) else {
        let measured = curves
            .held_out
            .iter()
            .filter_map(|found| point(look, along.place(found.step, found.seconds), found.psnr_db));
        plot.line(line(measured.collect(), size::CURVE_LINE, color));
        return;
    };
    // While all is shown, all is given: the plot finds its bounds by it.
    let range = if plot.auto_bounds().x {
        0..series.len()
    } else {
        let (least, most) = (plot.plot_bounds().min()[0], plot.plot_bounds().max()[0]);
        let linear = |value: f64| if look.is_log_axis { 10_f64.powf(value) } else { value };
        curves.between(along, linear(least), linear(most))
    };
    let points = |values: Vec<(usize, f32)>| -> Vec<PlotPoint> {
        let places = values.into_iter();
        places
            .filter_map(|(index, value)| point(look, curves.place(index, along), f64::from(value)))
            .collect()
    };
    let raw = points(series.outline(range.clone(), width_px));
    // These have no noise to be smoothed.
    if look.smoothing < 1.0 || matches!(look.shown, Shown::LearningRate | Shown::Memory) {
        return plot.line(line(raw, size::CURVE_LINE, color));
    }
    plot.line(line(raw, size::CURVE_THIN_LINE, color.gamma_multiply(BEHIND)));
    let smoothed = points(series.smoothed(range, look.smoothing, width_px));
    plot.line(line(smoothed, size::CURVE_LINE, color));
}

/// A point as it is drawn; `None` if it has no logarithm.
fn point(look: ChartLook, x: f64, y: f64) -> Option<PlotPoint> {
    let drawn = |value: f64, is_log: bool| if is_log { value.log10() } else { value };
    let (x, y) = (drawn(x, look.is_log_axis), drawn(y, look.is_log));
    (x.is_finite() && y.is_finite()).then(|| PlotPoint::new(x, y))
}

/// Where grid lines are: of a logarithm at 1, 2 and 5 times the powers of ten while there are few of those.
fn marks(input: GridInput, is_log: bool) -> Vec<GridMark> {
    let (least, most) = input.bounds;
    if !is_log || !DECADES.contains(&(most - least)) {
        return log_grid_spacer(10)(input);
    }
    let decades = least.floor() as i32..=most.ceil() as i32;
    let mark = |decade: i32, (times, step_size): (f64, f64)| GridMark {
        value: f64::from(decade) + times.log10(),
        step_size,
    };
    // Lines of a smaller step are drawn weaker.
    let all =
        decades.flat_map(|decade| [(1.0, 1.0), (2.0, 0.3), (5.0, 0.3)].map(|place| mark(decade, place)));
    all.filter(|mark| (least..=most).contains(&mark.value)).collect()
}

/// So many decades are drawn with lines between them; of fewer too few would be seen, of more too many.
const DECADES: std::ops::RangeInclusive<f64> = 0.5..=6.0;

fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Steps => "steps",
        Axis::Seconds => "seconds",
        Axis::Flops => "FLOP",
    }
}

/// A mark of the vertical axis.
fn number(look: ChartLook, drawn: f64) -> String {
    let value = if look.is_log { 10_f64.powf(drawn) } else { drawn };
    match look.shown {
        Shown::HeldOut => format!("{value:.1} dB"),
        Shown::Speed => format!("{value:.1}/s"),
        Shown::Memory => format::bytes(value.max(0.0) as u64),
        Shown::Loss | Shown::LearningRate | Shown::GradientNorm => format::short(value),
    }
}

/// A mark of the horizontal axis.
fn place(look: ChartLook, drawn: f64) -> String {
    let value = if look.is_log_axis { 10_f64.powf(drawn) } else { drawn }.max(0.0);
    match look.axis {
        Axis::Steps => format::count(value.round() as u64),
        Axis::Seconds => format::duration(std::time::Duration::from_secs_f64(value.min(1e12))),
        Axis::Flops => format!("{} TFLOP", format::short(value * 1e-12)),
    }
}
