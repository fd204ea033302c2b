use std::time::{Duration, Instant};

/// A matrix that lies in a slice, row-major or with its axes exchanged, whole or a part of a larger one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// Steps in `values` to the next row and the next column.
    row_step: usize,
    column_step: usize,
}

/// What becomes of what is in the place of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// The product replaces it.
    Over,
    /// The product is added to it.
    Add,
}

/// Who computes a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cores {
    /// The calling thread.
    One,
    /// Every thread of the pool, for a product that is worth it.
    All,
}

/// Multiply-adds below which a product is not shared between cores.
const WORTH_SHARING: usize = 1 << 18;

impl<'a> Matrix<'a> {
    /// `values` is `[rows, columns]`.
    ///
    /// # Panics
    /// If the length disagrees.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(Some(values.len()), rows.checked_mul(columns), "a matrix of another size");
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

    /// `count` rows from `first` on; nothing is moved.
    ///
    /// # Panics
    /// If there are not so many.
    pub(crate) fn rows(self, first: usize, count: usize) -> Self {
        assert!(first < self.rows && count <= self.rows - first, "a part of a matrix beyond its edge");
        Self { values: &self.values[first * self.row_step..], rows: count, ..self }
    }

    /// `count` columns from `first` on; nothing is moved.
    ///
    /// # Panics
    /// If there are not so many.
    pub(crate) fn columns(self, first: usize, count: usize) -> Self {
        assert!(first < self.columns && count <= self.columns - first, "a part of a matrix beyond its edge");
        Self { values: &self.values[first * self.column_step..], columns: count, ..self }
    }
}

/// `out += a b`, `out` being `[a.rows, b.columns]`, row-major, on the calling thread.
///
/// # Panics
/// If the sizes disagree.
pub(crate) fn add_matmul(out: &mut [f32], a: Matrix, b: Matrix) {
    matmul(out, a, b, Write::Add, Cores::One);
}

/// `out = a b` or `out += a b`, `out` being `[a.rows, b.columns]`, row-major.
///
/// # Panics
/// If the sizes disagree.
pub(crate) fn matmul(out: &mut [f32], a: Matrix, b: Matrix, write: Write, cores: Cores) {
    assert_eq!(a.columns, b.rows, "the inner sizes of a product disagree");
    assert_eq!(Some(out.len()), a.rows.checked_mul(b.columns), "a product of another size");
    if out.is_empty() {
        return;
    }
    if a.columns == 0 {
        if write == Write::Over {
            out.fill(0.0);
        }
        return;
    }
    #[expect(unsafe_code, reason = "gemm takes pointers")]
    // SAFETY: `out` has as many elements as the product, as was checked above, and is borrowed mutably.
    unsafe {
        product_into(out.as_mut_ptr(), b.columns, a, b, write, cores);
    }
}

/// `out[:, first..] += a b` in as many columns as `b` has, `out` being `[a.rows, width]`, row-major.
///
/// # Panics
/// If the sizes disagree.
pub(crate) fn add_to_columns(
    out: &mut [f32],
    (width, first): (usize, usize),
    a: Matrix,
    b: Matrix,
    cores: Cores,
) {
    assert_eq!(a.columns, b.rows, "the inner sizes of a product disagree");
    assert_eq!(Some(out.len()), a.rows.checked_mul(width), "a product of another size");
    assert!(first <= width && b.columns <= width - first, "columns beyond the edge of a product");
    if out.is_empty() || a.columns == 0 || b.columns == 0 {
        return;
    }
    #[expect(unsafe_code, reason = "gemm takes pointers")]
    // SAFETY: `out` has as many rows as the product, `width` apart, and room for its columns from `first` on in each,
    // as was checked above; it is borrowed mutably.
    unsafe {
        product_into(out[first..].as_mut_ptr(), width, a, b, Write::Add, cores);
    }
}

/// `a b`, `[a.rows, b.columns]`, row-major, in memory that is not filled before.
///
/// # Panics
/// If the sizes disagree.
pub(crate) fn product(a: Matrix, b: Matrix, cores: Cores) -> Vec<f32> {
    assert_eq!(a.columns, b.rows, "the inner sizes of a product disagree");
    let Some(len) = a.rows.checked_mul(b.columns) else { panic!("a product beyond all memory") };
    if len == 0 || a.columns == 0 {
        return vec![0.0; len];
    }
    let mut out = Vec::with_capacity(len);
    #[expect(unsafe_code, reason = "gemm takes pointers, and writes a product over what was there")]
    // SAFETY: there is room for as many elements as the product has, and all of them are written; gemm (0.19,
    // without its experimental kernels for Apple's AMX) does not read what it writes over.
    unsafe {
        product_into(out.as_mut_ptr(), b.columns, a, b, Write::Over, cores);
        out.set_len(len);
    }
    out
}

/// # Safety
/// `out` leads to `a.rows` rows, `row_step` elements apart, of `b.columns` elements each that nothing else looks at;
/// `a.columns` is `b.rows`.
#[expect(unsafe_code, reason = "gemm takes pointers")]
unsafe fn product_into(out: *mut f32, row_step: usize, a: Matrix, b: Matrix, write: Write, cores: Cores) {
    let is_shared = cores == Cores::All && a.rows * a.columns * b.columns >= WORTH_SHARING;
    let parallelism = if is_shared {
        gemm::Parallelism::Rayon(rayon::current_num_threads())
    } else {
        gemm::Parallelism::None
    };
    // SAFETY: sizes and steps of both factors lie within their slices, as they were made; `out` is the caller's
    // to promise.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out,
            1,
            row_step as isize,
            write == Write::Add,
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
            parallelism,
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
