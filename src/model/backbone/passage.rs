use burn::module::Param;
use burn::tensor::Tensor;

use super::Block;
use crate::model::BlockUpdates;

/// What is learned beside a backbone's own weights, block by block; usually nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Beside<'a> {
    /// Updates of low rank; none, or those of every block.
    pub(crate) updates: &'a [BlockUpdates],
    /// `[count, dim]` each: tokens that one block reads and that end there; none, or those of every block.
    pub(crate) prompts: &'a [Param<Tensor<2>>],
}

/// The tokens through every block, a final norm left out: what becomes of the last `num_last`.
///
/// # Shapes
/// - `tokens`: `[batch, tokens, dim]`
/// - result: `[batch, num_last, dim]`
pub(crate) fn run_blocks(
    blocks: &[Block],
    tokens: Tensor<3>,
    num_last: usize,
    beside: Beside<'_>,
) -> Tensor<3> {
    let [batch, count, _] = tokens.dims();
    let mut x = tokens;
    for (index, block) in blocks.iter().enumerate() {
        if let Some(prompts) = beside.prompts.get(index) {
            let prompts = prompts.val().unsqueeze::<3>().repeat_dim(0, batch);
            x = Tensor::cat(vec![prompts, x], 1);
        }
        let is_last = index + 1 == blocks.len();
        x = block.forward_updated(x, if is_last { num_last } else { count }, beside.updates.get(index));
    }
    let [_, left, _] = x.dims();
    // Without blocks nothing has been left out yet.
    x.narrow(1, left - num_last, num_last)
}
