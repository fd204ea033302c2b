//! Numbers for people, with their units.

use std::time::Duration;

use crate::field::{Activation, Architecture, Encoding};

/// `12.4 kB`.
pub(crate) fn bytes(count: u64) -> String {
    let count = count as f64;
    match count {
        ..1e3 => format!("{count} B"),
        ..1e6 => format!("{:.1} kB", count / 1e3),
        ..1e9 => format!("{:.1} MB", count / 1e6),
        _ => format!("{:.2} GB", count / 1e9),
    }
}

/// `66,307`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `184 ms`, `1.84 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let secs = duration.as_secs_f64();
    match secs {
        ..0.01 => format!("{:.1} ms", secs * 1e3),
        ..1.0 => format!("{:.0} ms", secs * 1e3),
        ..60.0 => format!("{secs:.2} s"),
        _ => format!("{:.0} min {:.0} s", (secs / 60.0).floor(), secs % 60.0),
    }
}

/// `0.0024`, `2.4e-7`: three significant digits.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        size if size == 0.0 || !size.is_finite() => format!("{value}"),
        size @ 1e-3..1e5 => {
            let decimals = (2.0 - size.log10().floor()).max(0.0) as usize;
            let text = format!("{value:.decimals$}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        }
        _ => format!("{value:.2e}"),
    }
}

/// `24.31 dB`.
pub(crate) fn decibel(psnr_db: f64) -> String {
    if psnr_db.is_finite() { format!("{psnr_db:.2} dB") } else { "exact".into() }
}

/// `512 × 384 px`.
pub(crate) fn size((width, height): (u32, u32)) -> String {
    format!("{width} × {height} px")
}

/// `312 %`.
pub(crate) fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{} %", count(percent.round() as u64)) }
}

/// `4 layers of 128, relu`.
pub(crate) fn architecture(architecture: &Architecture) -> String {
    let activation = match architecture.activation {
        Activation::Relu => "relu",
        Activation::Sine { .. } => "sine",
    };
    format!("{} layers, {} wide, {activation}", architecture.layers, architecture.hidden)
}

/// `64 frequencies per axis, to 128 π`.
pub(crate) fn encoding(encoding: &Encoding) -> String {
    match encoding {
        Encoding::Identity => "raw coordinates".into(),
        Encoding::Fourier { count, max, .. } => {
            format!("{count} frequencies an axis, up to {:.0} π", max / std::f32::consts::PI)
        }
    }
}
