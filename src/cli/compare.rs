use anyhow::bail;
use serde::Serialize;

use super::args::CompareArgs;
use super::{output, source};
use crate::train::{Closeness, Reference};

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
    let lpips = args.lpips.network()?;
    match (&reference, &lpips) {
        (Reference::Sound(_), Some(_)) => bail!("LPIPS compares pictures, and this is a sound"),
        (Reference::Picture(picture), Some(lpips)) => lpips.check(picture.width(), picture.height())?,
        (Reference::Views(views), Some(lpips)) => {
            views.iter().try_for_each(|(picture, _)| lpips.check(picture.width(), picture.height()))?;
        }
        (_, None) => {}
    }
    let (closeness, size) = (reference.closeness_by(lpips.as_ref(), &record), source::size(&reference));
    if args.json {
        return output::json(&Report { closeness, size });
    }
    output::line(format_args!("PSNR {closeness} at {size}"));
    Ok(())
}
