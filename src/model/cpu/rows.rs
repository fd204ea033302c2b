//! How rows are shared between cores.

/// Rows that a task has at least, where there are so many.
const ROWS_MIN: usize = 16;

/// Rows of a task when `num_rows` are shared between the threads of the pool.
pub(super) fn rows_per_task(num_rows: usize) -> usize {
    num_rows.div_ceil(rayon::current_num_threads()).max(ROWS_MIN)
}

/// Sums over the rows of a matrix, column by column, of parts that tasks have summed, in their order.
pub(super) fn add_up(parts: impl IntoIterator<Item = Vec<f32>>, len: usize) -> Vec<f32> {
    let mut sums = vec![0.0; len];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    sums
}
