use std::time::{Duration, Instant};

/// A matrix that lies row-major in a slice, seen as it is or with its axes exchanged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// Steps in `values` to the next row and the next column.
    row_step: usize,
    column_step: usize,
}

impl<'a> Matrix<'a> {
    /// `values` is `[rows, columns]`.
    ///
    /// # Panics
    /// If the length disagrees.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(values.len(), rows * columns, "a matrix of another size");
        Self { values, rows, columns, row_step: columns, column_step: 1 }
    }

    /// With the axes exchanged; nothing is moved.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_step: self.column_step,
            column_step: self.row_step,
            ..self
        }
    }
}

/// `out += a b`, `out` being `[a.rows, b.columns]`, row-major, on the calling thread.
///
/// # Panics
/// If the sizes disagree.
pub(crate) fn add_matmul(out: &mut [f32], a: Matrix, b: Matrix) {
    assert_eq!(a.columns, b.rows, "the inner sizes of a product disagree");
    assert_eq!(out.len(), a.rows * b.columns, "a product of another size");
    if out.is_empty() || a.columns == 0 {
        return;
    }
    #[expect(
        unsafe_code,
        reason = "gemm takes pointers; the sizes of all three were checked when the matrices were made and above"
    )]
    // SAFETY: every element that the sizes and steps lead to lies within its slice, `out` is borrowed
    // mutably and overlaps neither factor.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            b.columns as isize,
            true,
            a.values.as_ptr(),
            a.column_step as isize,
            a.row_step as isize,
            b.values.as_ptr(),
            b.column_step as isize,
            b.row_step as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// What a square product of this side reaches on every core at once, in GFLOP/s: the ceiling that field
/// evaluation is held against. Runs for about `duration`.
#[must_use]
pub fn matmul_peak_gflops(side: usize, duration: Duration) -> f64 {
    let run = || {
        let (a, b) = (vec![0.5f32; side * side], vec![0.25f32; side * side]);
        let mut out = vec![0.0f32; side * side];
        let (mut best, begun) = (f64::INFINITY, Instant::now());
        while begun.elapsed() < duration {
            let start = Instant::now();
            add_matmul(&mut out, Matrix::new(&a, side, side), Matrix::new(&b, side, side));
            best = best.min(start.elapsed().as_secs_f64());
        }
        std::hint::black_box(out);
        2.0 * (side as f64).powi(3) / best / 1e9
    };
    rayon::broadcast(|_| run()).into_iter().sum()
}
