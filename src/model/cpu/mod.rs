//! Heavy operations for a CPU, each with its own backward pass: halves of a transformer block, norms, heads,
//! composers, layers of many fields at once, and rays through them. Attention scores, norms and GELUs are computed
//! anew on the way back and not kept, and no gradient is taken for weights that do not learn.
//!
//! The mathematics is on plain slices, matrix products by `gemm`, the rest vectorised by `pulp`, both over what
//! the machine has. `ops` registers it with burn for its flex backend; on any other device the modules use
//! burn's own operations. [`computes_on`] is the one place that decides.

mod attention;
mod autodiff;
mod compositing;
mod composition;
mod fields;
mod gelu;
mod linear;
mod low_rank;
mod norm;
mod ops;
mod rows;
mod simd;
mod sublayer;
mod sublayer_autodiff;
mod tensors;
#[cfg(test)]
mod tests;

pub(crate) use compositing::Compositing;
pub(crate) use gelu::{Gelu, QUICK};
pub(crate) use simd::instruction_set;
pub(crate) use sublayer::Middle;
pub(crate) use tensors::{compose, composite, computes_on, evaluate_fields, norm, norm_linear, sublayer};
