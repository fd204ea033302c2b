use serde::Serialize;

use super::args::CompareArgs;
use super::{output, source};
use crate::train::Closeness;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    closeness: Closeness,
    /// How large the reference is.
    size: String,
}

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let record = source::field(&args.field)?;
    let reference = source::reference(&record, &args.input, &args.framing, usize::MAX)?;
    let (closeness, size) = (reference.closeness(&record), source::size(&reference));
    if args.json {
        return output::json(&Report { closeness, size });
    }
    output::line(format_args!("PSNR {closeness} at {size}"));
    Ok(())
}
