use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    /// A model checkpoint or a field file
    pub(super) file: PathBuf,
    /// Keep the weights in 16 bits, of a model those of its backbone: about half the bytes
    #[arg(long)]
    pub(super) half: bool,
    /// Put the backbone in, where a model leaves it out; its weights file is looked for beside the model
    #[arg(long)]
    pub(super) whole: bool,
    /// Take the mean of the model's weights and this one's; again for more of them, or for one that counts twice
    #[arg(long, value_name = "MODEL")]
    pub(super) mean: Vec<PathBuf>,
    /// The file that is written
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: PathBuf,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}
