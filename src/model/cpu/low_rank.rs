//! An update of low rank of a Linear, `x A B`, by way of `x A`, which is narrow. The outputs may be of several parts, as
//! queries, keys and values are, each with an `A` and a `B` of its own. No gradient of the Linear's own weight is needed.

use crate::field::{Cores, Matrix, Write, add_to_columns, matmul, product};

/// What learns in an update.
#[derive(Debug, Clone, Copy)]
pub(super) struct LowRank<'a> {
    /// Every part's `A`, side by side: `[d_in, parts * rank]`
    pub(super) down: &'a [f32],
    /// Every part's `B`, side by side: `[rank, d_out]`
    pub(super) up: &'a [f32],
    pub(super) rank: usize,
    pub(super) parts: usize,
}

/// The gradients of an update.
pub(super) struct LowRankGradients {
    /// `[d_in, parts * rank]`
    pub(super) down: Vec<f32>,
    /// `[rank, d_out]`
    pub(super) up: Vec<f32>,
}

impl LowRank<'_> {
    /// Of `x A`.
    fn width(&self) -> usize {
        self.parts * self.rank
    }

    fn d_in(&self) -> usize {
        self.down.len() / self.width()
    }

    fn d_out(&self) -> usize {
        self.up.len() / self.rank
    }

    fn down(&self) -> Matrix<'_> {
        Matrix::new(self.down, self.d_in(), self.width())
    }

    /// Where a part lies: its first column of `x A`, and its first column of the outputs and how many it has.
    fn places(&self) -> impl Iterator<Item = (usize, (usize, usize))> + use<> {
        let (rank, count) = (self.rank, self.d_out() / self.parts);
        (0..self.parts).map(move |part| (part * rank, (part * count, count)))
    }

    /// `B` of the part that has these outputs.
    fn up(&self, (first, count): (usize, usize)) -> Matrix<'_> {
        Matrix::new(self.up, self.rank, self.d_out()).columns(first, count)
    }

    /// `x A`, `[n, parts * rank]`.
    fn narrowed(&self, x: &[f32]) -> Vec<f32> {
        product(Matrix::new(x, x.len() / self.d_in(), self.d_in()), self.down(), Cores::All)
    }

    /// `out += x A B`.
    ///
    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - `out`: `[n, d_out]`
    pub(super) fn add_forward(&self, x: &[f32], out: &mut [f32]) {
        let narrow = self.narrowed(x);
        let narrow = Matrix::new(&narrow, narrow.len() / self.width(), self.width());
        for (from, to) in self.places() {
            let own = narrow.columns(from, self.rank);
            add_to_columns(out, (self.d_out(), to.0), own, self.up(to), Cores::All);
        }
    }

    /// The slope of `x A`, `[n, parts * rank]`, from that of the output, `[n, d_out]`.
    pub(super) fn through(&self, slope: &[f32]) -> Vec<f32> {
        let n = slope.len() / self.d_out();
        let slope = Matrix::new(slope, n, self.d_out());
        let mut through = vec![0.0; n * self.width()];
        for (from, to) in self.places() {
            let own = slope.columns(to.0, to.1);
            add_to_columns(&mut through, (self.width(), from), own, self.up(to).transposed(), Cores::All);
        }
        through
    }

    /// The update's share of the slope of the input, `[n, d_in]`, is added; `through` is from
    /// [`through`](Self::through).
    pub(super) fn add_slope_of_input(&self, through: &[f32], of_x: &mut [f32]) {
        let through = Matrix::new(through, through.len() / self.width(), self.width());
        matmul(of_x, through, self.down().transposed(), Write::Add, Cores::All);
    }

    /// `dA = x^T through`, `dB = (x A)^T slope`.
    ///
    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - `slope`: `[n, d_out]`
    /// - `through`: `[n, parts * rank]`
    pub(super) fn gradients(&self, x: &[f32], slope: &[f32], through: &[f32]) -> LowRankGradients {
        let n = slope.len() / self.d_out();
        let of_down = Matrix::new(x, n, self.d_in()).transposed();
        let down = product(of_down, Matrix::new(through, n, self.width()), Cores::All);
        let narrow = self.narrowed(x);
        let narrow = Matrix::new(&narrow, n, self.width());
        let slope = Matrix::new(slope, n, self.d_out());
        let mut up = vec![0.0; self.up.len()];
        for (from, to) in self.places() {
            let own = narrow.columns(from, self.rank).transposed();
            add_to_columns(&mut up, (self.d_out(), to.0), own, slope.columns(to.0, to.1), Cores::All);
        }
        LowRankGradients { down, up }
    }
}
