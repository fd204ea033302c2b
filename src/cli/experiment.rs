use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::Serialize;

use super::experiment_args::ExperimentArgs;
use super::output;
use crate::experiment::{Crew, Evaluation, Event, Outcome, Plan, PlannedRun, Progress, Size, perform, work};

/// What became of a run.
#[derive(Serialize)]
struct Row {
    run: String,
    #[serde(flatten)]
    state: State,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    /// `before` says that it was done already.
    Done {
        before: bool,
        held_out_psnr_db: Option<f64>,
    },
    Refused {
        why: String,
    },
    Failed {
        why: String,
    },
}

pub(super) fn run(args: &ExperimentArgs) -> anyhow::Result<()> {
    let plan = Plan::read(&args.file, &args.set)?;
    if args.dry_run {
        return list(&plan, args);
    }
    let out = args.out.as_deref().context("name the folder of the experiment by --out")?;
    match &args.only {
        Some(id) => one(&plan, plan.run(id)?, out, args),
        None => all(&plan, out, args),
    }
}

/// The runs of this part with their sizes.
fn list(plan: &Plan, args: &ExperimentArgs) -> anyhow::Result<()> {
    let runs: Vec<&PlannedRun> = args.shard.0.of(&plan.runs).collect();
    if args.json {
        return output::json(&runs);
    }
    output::line(format_args!("{}: {} runs", plan.title, runs.len()));
    output::line(format_args!(
        "{:>12} {:>12} {:>10} {:>8} {:>14}  run",
        "learns", "frozen", "field", "GFLOP", "budget"
    ));
    for run in &runs {
        match &run.outcome {
            Outcome::Accepted(Size { trainable, frozen, field, flops_per_step, .. }) => {
                let gflop = *flops_per_step as f64 / 1e9;
                let budget = run.budget.to_string();
                output::line(format_args!(
                    "{trainable:>12} {frozen:>12} {field:>10} {gflop:>8.1} {budget:>14}  {}",
                    run.id
                ));
            }
            Outcome::Refused(why) => output::line(format_args!("refused: {}: {why}", run.id)),
        }
    }
    output::line("GFLOP are those of a step; learns, frozen and field are weights");
    let missing: Vec<String> = plan.missing().into_iter().map(|path| path.display().to_string()).collect();
    ensure!(missing.is_empty(), "these are not there: {}", missing.join(", "));
    Ok(())
}

/// All runs of this part, each in a process of its own.
fn all(plan: &Plan, out: &Path, args: &ExperimentArgs) -> anyhow::Result<()> {
    let mut arguments: Vec<OsString> = vec!["experiment".into(), args.file.clone().into()];
    arguments.extend(["--out".into(), out.into()]);
    for set in &args.set {
        arguments.extend(["--set".into(), set.into()]);
    }
    arguments.extend(["--attached".into(), "--only".into()]);
    let program = std::env::current_exe().context("this program cannot find its own file")?;
    let crew = Crew { program, arguments, jobs: args.jobs as usize };
    let mut rows = Vec::new();
    work(plan, args.shard.0, out, &crew, |event| {
        say(&event);
        rows.extend(row(event));
    })?;
    let failed: Vec<String> = rows
        .iter()
        .filter_map(|row| match &row.state {
            State::Failed { why } => Some(format!("{}: {why}", row.run)),
            _ => None,
        })
        .collect();
    let count = rows.len();
    if args.json {
        output::json(&rows)?;
    } else {
        output::line(format_args!(
            "{} of {count} runs are done or refused; {}",
            count - failed.len(),
            out.display()
        ));
    }
    if !failed.is_empty() {
        bail!("{} of {count} runs failed: {}", failed.len(), failed.join("; "));
    }
    Ok(())
}

/// As it happens, on stderr.
fn say(event: &Event<'_>) {
    match event {
        Event::Kept(run, done) => output::note(format_args!("{}: done before, {}", run.id, held_out(done))),
        Event::Refused(run, why) => output::note(format_args!("{}: refused: {why}", run.id)),
        Event::Begun(run) => output::note(format_args!("{}: begins", run.id)),
        Event::Done(run, done, seconds) => {
            output::note(format_args!("{}: done in {seconds:.0} s, {}", run.id, held_out(done)));
        }
        Event::Failed(run, why) => output::note(format_args!("{}: failed: {why}", run.id)),
    }
}

fn held_out(done: &Evaluation) -> String {
    done.psnr_db().map_or("nothing held out".into(), |psnr_db| format!("{psnr_db:.2} dB held out"))
}

fn row(event: Event<'_>) -> Option<Row> {
    let done = |before, done: &Evaluation| State::Done { before, held_out_psnr_db: done.psnr_db() };
    let (run, state) = match event {
        Event::Begun(_) => return None,
        Event::Kept(run, own) => (run, done(true, &own)),
        Event::Done(run, own, _) => (run, done(false, &own)),
        Event::Refused(run, why) => (run, State::Refused { why: why.to_owned() }),
        Event::Failed(run, why) => (run, State::Failed { why }),
    };
    Some(Row { run: run.id.clone(), state })
}

/// One run, in this process.
fn one(plan: &Plan, run: &PlannedRun, out: &Path, args: &ExperimentArgs) -> anyhow::Result<()> {
    if args.attached {
        std::thread::Builder::new().name("parent".into()).spawn(end_with_parent)?;
    }
    let bar = output::bar(0, "{bar:30} {pos}/{len} steps, {per_sec}, {msg}, {eta} left");
    let done = perform(plan, run, out, |progress| match progress {
        Progress::Step(report, steps) => {
            bar.set_length(u64::from(steps));
            bar.set_position(u64::from(report.step));
            bar.set_message(format!("loss {:.2} dB", report.psnr_db));
        }
        Progress::Measuring => bar.set_message("measuring"),
    })?;
    bar.finish_and_clear();
    if args.json {
        return output::json(&done);
    }
    output::line(format_args!("{}: {} steps, {}", run.id, done.steps, held_out(&done)));
    Ok(())
}

/// Standard input is a pipe that the parent holds and never writes to: it ends when the parent does, however it ended.
#[expect(
    clippy::disallowed_methods,
    reason = "the parent is gone and nobody waits; files are whole at any moment, so nothing is left to be put in order"
)]
fn end_with_parent() {
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).ok();
    std::process::exit(1);
}
