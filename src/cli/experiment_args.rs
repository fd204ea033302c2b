use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::experiment::Shard;

#[derive(Debug, Args)]
pub(super) struct ExperimentArgs {
    /// The experiment: what its runs have in common, the axes in which they differ, and their budget
    pub(super) file: PathBuf,
    /// The folder of the experiment; the same command given again goes on with what is in it
    #[arg(long, required_unless_present = "dry_run")]
    pub(super) out: Option<PathBuf>,
    /// Set over the file, as data.objects=FOLDER, backbones.vit=FILE or run.budget.steps=100
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Runs at a time, at most, as memory allows
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) jobs: u32,
    /// Of the runs only a part, as 2/8: the parts can be done on machines that share the folder
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    pub(super) shard: ShardArg,
    /// Print the runs with their sizes and what they cost, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do this run alone, in this process
    #[arg(long, value_name = "RUN", conflicts_with_all = ["jobs", "shard", "dry_run"])]
    pub(super) only: Option<String>,
    /// End when the process that it was started by does
    #[arg(long, hide = true, requires = "only")]
    pub(super) attached: bool,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The folder of an experiment
    pub(super) folder: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A part of the runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShardArg(pub(super) Shard);

impl FromStr for ShardArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts =
            text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self(Shard { index, count })),
            _ => Err("expected which part of how many, from 1, as 2/8"),
        }
    }
}
