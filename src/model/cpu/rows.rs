//! How work is shared between cores: in pieces of a fixed size, so that sums do not depend on how many there are.

/// Rows of a piece.
pub(super) const ROWS: usize = 64;
/// Values of a piece where each stands alone.
pub(super) const VALUES: usize = 1 << 14;

/// Sums over the rows of a matrix, column by column, of what the pieces came to, in their order.
pub(super) fn add_up(parts: impl IntoIterator<Item = Vec<f32>>, len: usize) -> Vec<f32> {
    let mut sums = vec![0.0; len];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    sums
}
