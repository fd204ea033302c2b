use super::experiment_args::ReportArgs;
use super::output;
use crate::experiment::write_report;

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<()> {
    let written = write_report(&args.folder)?;
    if args.json {
        return output::json(&written);
    }
    output::line(format_args!(
        "{} runs done, {} not yet, {} refused; {} and {}",
        written.done,
        written.waiting,
        written.refused,
        written.html.display(),
        written.markdown.display()
    ));
    Ok(())
}
