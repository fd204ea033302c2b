use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// A line of the report. A reader that has gone away is not an error.
pub(super) fn line(text: impl std::fmt::Display) {
    writeln!(std::io::stdout().lock(), "{text}").ok();
}

/// The whole report as JSON.
pub(super) fn json(report: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(report)?);
    Ok(())
}

/// A remark, beside the report.
pub(super) fn note(text: impl std::fmt::Display) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// The size of a file, in bytes, for people.
pub(super) fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    if bytes < 1e5 { format!("{:.1} kB", bytes / 1e3) } else { format!("{:.1} MB", bytes / 1e6) }
}

/// What went wrong, in one line.
pub(super) fn complain(err: &anyhow::Error) {
    note(format_args!("hyperscope: {}", one_line(err)));
}

/// An error with its causes, those that only repeat it left out.
pub(super) fn one_line(err: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in err.chain().map(ToString::to_string) {
        if text.contains(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text.replace('\n', " ")
}

/// A bar on stderr; drawn only where that is a terminal.
pub(super) fn bar(len: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(len).with_style(style)
}

/// Milliseconds, for a report.
pub(super) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
