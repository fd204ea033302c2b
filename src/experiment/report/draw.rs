//! Lines in a frame, as SVG.

use plotters::prelude::*;

use super::super::ExperimentError;

/// Size of a chart, in pixels of its own; a page scales it.
const SIZE: (u32, u32) = (640, 360);

/// Points to be joined.
pub(super) struct Stroke {
    /// `x` and `y`.
    pub(super) points: Vec<(f64, f64)>,
    /// Red, green and blue.
    pub(super) color: [u8; 3],
    pub(super) opacity: f64,
    pub(super) width: u32,
    /// Whether each point is marked.
    pub(super) has_marks: bool,
}

/// A chart whose axes hold all of it, but for what is above or below `heights`.
pub(super) fn chart(
    strokes: &[Stroke],
    (x_title, y_title): (&str, &str),
    heights: (f64, f64),
) -> Result<String, ExperimentError> {
    let mut svg = String::new();
    draw(&mut svg, strokes, (x_title, y_title), heights)
        .map_err(|err| ExperimentError::Curve(err.to_string()))?;
    Ok(svg)
}

fn draw(
    svg: &mut String,
    strokes: &[Stroke],
    (x_title, y_title): (&str, &str),
    (low, high): (f64, f64),
) -> Result<(), Box<dyn std::error::Error>> {
    let all = || strokes.iter().flat_map(|stroke| &stroke.points);
    let last = all().map(|(x, _)| *x).fold(f64::MIN_POSITIVE, f64::max);
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(10)
        .margin_right(18)
        .x_label_area_size(40)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..last, low..high)?;
    let grey = RGBColor(0x60, 0x66, 0x70);
    let text = ("sans-serif", 13).into_font().color(&grey);
    chart
        .configure_mesh()
        .x_desc(x_title)
        .y_desc(y_title)
        .x_labels(7)
        .y_labels(6)
        .max_light_lines(0)
        .bold_line_style(RGBColor(0xe6, 0xe8, 0xec))
        .axis_style(RGBColor(0xb0, 0xb6, 0xc0))
        .label_style(text.clone())
        .axis_desc_style(text)
        .x_label_formatter(&|x: &f64| short(*x))
        .y_label_formatter(&|y: &f64| short(*y))
        .draw()?;
    for Stroke { points, color: [r, g, b], opacity, width, has_marks } in strokes {
        let color = RGBColor(*r, *g, *b).mix(*opacity);
        let inside = points.iter().map(|(x, y)| (*x, y.clamp(low, high)));
        chart.draw_series(LineSeries::new(inside.clone(), color.stroke_width(*width)))?;
        if *has_marks {
            chart.draw_series(inside.map(|point| Circle::new(point, 2, color.filled())))?;
        }
    }
    root.present()?;
    Ok(())
}

/// A number without zeros that say nothing.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_owned() }
}
