use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use super::args::{Arguments, Verb};
use super::{
    bench, compare, convert, dataset, doctor, encode, evaluate, experiment, film, inspect, mesh, output,
    refine, render, report, synth, train,
};

/// Exit status of a command line that is not understood.
const USAGE: u8 = 2;

/// Read the command line and do what it says. Without a verb, `open_window` is given the files.
pub fn run(open_window: impl FnOnce(Vec<PathBuf>) -> anyhow::Result<()>) -> ExitCode {
    start_log();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(err) => {
            // Help and version are answers, not errors. A closed pipe is nobody's concern.
            err.print().ok();
            return if err.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let done = match arguments.verb {
        None => open_window(arguments.files),
        Some(Verb::Encode(args)) => encode::run(&args),
        Some(Verb::Render(args)) => render::run(&args),
        Some(Verb::Refine(args)) => refine::run(&args),
        Some(Verb::Turntable(args)) => film::run(&args),
        Some(Verb::Mesh(args)) => mesh::run(&args),
        Some(Verb::Synth(args)) => synth::run(&args),
        #[cfg(feature = "sound")]
        Some(Verb::Play(args)) => super::play::run(&args),
        Some(Verb::Compare(args)) => compare::run(&args),
        Some(Verb::Train(args)) => train::run(&args),
        Some(Verb::Evaluate(args)) => evaluate::run(&args),
        Some(Verb::Experiment(args)) => experiment::run(&args),
        Some(Verb::Report(args)) => report::run(&args),
        Some(Verb::Convert(args)) => convert::run(&args),
        Some(Verb::Dataset { verb }) => dataset::run(&verb),
        Some(Verb::Inspect(args)) => inspect::run(&args),
        Some(Verb::Doctor(args)) => doctor::run(&args),
        Some(Verb::Bench(args)) => bench::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            output::complain(&err);
            ExitCode::FAILURE
        }
    }
}

/// Warnings of our own go to stderr; `RUST_LOG` asks for more.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error,hyperscope=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
}
