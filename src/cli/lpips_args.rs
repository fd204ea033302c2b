use std::path::PathBuf;

use clap::Args;

use crate::model::{Lpips, cpu_device};

/// By which network pictures are compared.
#[derive(Debug, Args)]
pub(super) struct LpipsArgs {
    /// LPIPS besides, of pictures and objects, by these weights: torchvision's file of `AlexNet` or VGG-16 and, after a
    /// comma, the file of the metric's authors; or one file with the tensors of both
    #[arg(long = "lpips", value_name = "FILE[,FILE]", value_delimiter = ',')]
    files: Vec<PathBuf>,
}

impl LpipsArgs {
    /// The network, if there are files.
    pub(super) fn network(&self) -> anyhow::Result<Option<Lpips>> {
        let is_given = !self.files.is_empty();
        Ok(is_given.then(|| Lpips::load(&self.files, &cpu_device())).transpose()?)
    }
}
