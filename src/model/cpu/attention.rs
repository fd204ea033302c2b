//! Self-attention of every head: `softmax(q k^T / sqrt(d_head)) v`. The scores of a head are computed anew on
//! the way back, so that none are kept.

use rayon::prelude::*;

use super::simd::{dispatch, dot, exp, largest};
use crate::field::{Cores, Matrix, Write, matmul, product};

/// The sizes of an attention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    pub(super) batch: usize,
    pub(super) tokens: usize,
    /// The last of the tokens, which alone are answered; all of them have keys and values.
    pub(super) num_last: usize,
    /// Heads side by side in a token.
    pub(super) heads: usize,
    /// Width of a token.
    pub(super) dim: usize,
}

/// One head of one item: views into `[tokens, 3 * dim]`.
struct Head<'a> {
    /// `[num_last, head_dim]`, the others `[tokens, head_dim]`.
    query: Matrix<'a>,
    key: Matrix<'a>,
    value: Matrix<'a>,
}

impl Attention {
    fn head_dim(&self) -> usize {
        self.dim / self.heads
    }

    fn scale(&self) -> f32 {
        (self.head_dim() as f32).sqrt().recip()
    }

    /// Item and head of a task.
    fn place(&self, task: usize) -> (usize, usize) {
        (task / self.heads, task % self.heads)
    }

    fn head<'a>(&self, qkv: &'a [f32], task: usize) -> Head<'a> {
        let (item, head) = self.place(task);
        let len = self.tokens * 3 * self.dim;
        let all = Matrix::new(&qkv[item * len..][..len], self.tokens, 3 * self.dim);
        let part = |index: usize| all.columns(index * self.dim + head * self.head_dim(), self.head_dim());
        let query = part(0).rows(self.tokens - self.num_last, self.num_last);
        Head { query, key: part(1), value: part(2) }
    }

    /// # Shapes
    /// - `qkv`: `[batch, tokens, 3 * dim]`: queries, keys and values, heads side by side in each
    /// - result: `[batch, num_last, dim]`
    pub(super) fn forward(&self, qkv: &[f32]) -> Vec<f32> {
        let parts: Vec<Vec<f32>> = (0..self.batch * self.heads)
            .into_par_iter()
            .map_init(Vec::new, |scores, task| {
                let head = self.head(qkv, task);
                self.probabilities(&head, scores);
                product(Matrix::new(scores, self.num_last, self.tokens), head.value, Cores::One)
            })
            .collect();
        let parts: Vec<&[f32]> = parts.iter().map(Vec::as_slice).collect();
        self.side_by_side(&parts, self.num_last, self.dim)
    }

    /// From the slope of the output to that of the input.
    ///
    /// # Shapes
    /// - `qkv` and result: `[batch, tokens, 3 * dim]`
    /// - `slope`: `[batch, num_last, dim]`
    pub(super) fn backward(&self, qkv: &[f32], slope: &[f32]) -> Vec<f32> {
        let item_len = self.num_last * self.dim;
        let parts: Vec<[Vec<f32>; 3]> = (0..self.batch * self.heads)
            .into_par_iter()
            .map_init(
                || (Vec::new(), Vec::new()),
                |(scores, slopes), task| {
                    let (item, head) = self.place(task);
                    let slope = Matrix::new(&slope[item * item_len..][..item_len], self.num_last, self.dim);
                    let slope = slope.columns(head * self.head_dim(), self.head_dim());
                    self.head_backward(&self.head(qkv, task), slope, scores, slopes)
                },
            )
            .collect();
        // For each item the queries of all heads, then the keys, then the values.
        let mut all: Vec<&[f32]> = Vec::with_capacity(3 * parts.len());
        for item in parts.chunks(self.heads) {
            for kind in 0..3 {
                all.extend(item.iter().map(|head| head[kind].as_slice()));
            }
        }
        self.side_by_side(&all, self.tokens, 3 * self.dim)
    }

    /// `softmax(q k^T scale)`, `[num_last, tokens]`.
    fn probabilities(&self, head: &Head, scores: &mut Vec<f32>) {
        scores.resize(self.num_last * self.tokens, 0.0);
        matmul(scores, head.query, head.key.transposed(), Write::Over, Cores::One);
        let scale = self.scale();
        dispatch(|| {
            for row in scores.chunks_exact_mut(self.tokens) {
                let most = largest(row);
                for score in row.iter_mut() {
                    *score = exp((*score - most) * scale);
                }
                let inverse = 1.0 / super::simd::sum(row, |value| value);
                for score in row.iter_mut() {
                    *score *= inverse;
                }
            }
        });
    }

    /// With probabilities `P` and the slope `o` of the output: `dv = P^T o`, `dP = o v^T`,
    /// `dS = P (dP - rowsum(P dP)) scale`, `dq = dS k`, `dk = dS^T q`.
    fn head_backward(
        &self,
        head: &Head,
        slope: Matrix,
        scores: &mut Vec<f32>,
        slopes: &mut Vec<f32>,
    ) -> [Vec<f32>; 3] {
        let (num_last, tokens, scale) = (self.num_last, self.tokens, self.scale());
        self.probabilities(head, scores);
        let of_value = product(Matrix::new(scores, num_last, tokens).transposed(), slope, Cores::One);
        slopes.resize(num_last * tokens, 0.0);
        matmul(slopes, slope, head.value.transposed(), Write::Over, Cores::One);
        dispatch(|| {
            for (slopes, scores) in slopes.chunks_exact_mut(tokens).zip(scores.chunks_exact(tokens)) {
                let row_sum = dot(slopes, scores);
                for (slope, score) in slopes.iter_mut().zip(scores) {
                    *slope = score * (*slope - row_sum) * scale;
                }
            }
        });
        let slopes = Matrix::new(slopes, num_last, tokens);
        // As queries, the other tokens have no slope.
        let mut of_query = vec![0.0; tokens * self.head_dim()];
        let of_last = &mut of_query[(tokens - num_last) * self.head_dim()..];
        matmul(of_last, slopes, head.key, Write::Over, Cores::One);
        [of_query, product(slopes.transposed(), head.query, Cores::One), of_value]
    }

    /// The parts of each token, `[count, head_dim]` each, next to one another: `[batch, count, width]`.
    fn side_by_side(&self, parts: &[&[f32]], count: usize, width: usize) -> Vec<f32> {
        let (head_dim, per_item) = (self.head_dim(), width / self.head_dim());
        let mut out = vec![0.0; self.batch * count * width];
        out.par_chunks_mut(count * width).zip(parts.par_chunks(per_item)).for_each(|(out, parts)| {
            for (index, part) in parts.iter().enumerate() {
                let rows = out.chunks_exact_mut(width).zip(part.chunks_exact(head_dim));
                rows.for_each(|(row, own)| row[index * head_dim..][..head_dim].copy_from_slice(own));
            }
        });
        out
    }
}
