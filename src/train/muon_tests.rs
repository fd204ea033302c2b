use super::*;

/// Columns of an orthonormal set by Gram and Schmidt, `[rows, count]`, from numbers without a pattern.
fn orthonormal(rows: usize, count: usize, salt: f64) -> Vec<Vec<f64>> {
    let mut set: Vec<Vec<f64>> = Vec::new();
    for column in 0..count {
        let draw = |row: usize| ((row * count + column) as f64 * 12.9898 + salt).sin() * 43_758.545_3;
        let mut own: Vec<f64> = (0..rows).map(|row| draw(row).fract()).collect();
        for other in &set {
            let along: f64 = own.iter().zip(other).map(|(a, b)| a * b).sum();
            own.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
        }
        let norm = own.iter().map(|a| a * a).sum::<f64>().sqrt();
        set.push(own.iter().map(|a| a / norm).collect());
    }
    set
}

/// Of `U S Vᵀ` about `U Vᵀ` should be left: the same directions, and sizes near one where they were two
/// decades apart.
#[test]
fn directions_lose_their_sizes() {
    for (rows, columns) in [(24, 10), (10, 24), (16, 16), (1, 5), (7, 1)] {
        let rank = rows.min(columns);
        let (u, v) = (orthonormal(rows, rank, 0.3), orthonormal(columns, rank, 4.1));
        let sizes: Vec<f64> =
            (0..rank).map(|k| 3e-4 * 100f64.powf(-(k as f64) / rank.max(2) as f64)).collect();
        let mut x = vec![0.0f32; rows * columns];
        for k in 0..rank {
            for (row, values) in x.chunks_exact_mut(columns).enumerate() {
                values.iter_mut().zip(&v[k]).for_each(|(x, v)| *x += (sizes[k] * u[k][row] * v) as f32);
            }
        }
        let found = orthogonalised(x, rows, columns);
        for (i, left) in u.iter().enumerate() {
            for (j, right) in v.iter().enumerate() {
                let entry = |row: usize, column: usize| f64::from(found[row * columns + column]);
                let size: f64 = (0..rows)
                    .flat_map(|row| (0..columns).map(move |column| (row, column)))
                    .map(|(row, column)| left[row] * entry(row, column) * right[column])
                    .sum();
                let is_right = if i == j { (0.3..1.7).contains(&size) } else { size.abs() < 1e-3 };
                assert!(is_right, "{rows}x{columns}: ({i}, {j}) became {size}");
            }
        }
    }
}

#[test]
fn no_gradient_no_step() {
    let (mut weight, mut momentum) = (vec![0.5f32; 12], vec![0.0f32; 12]);
    Muon::new(&weight, 3, 4).step(&mut weight, &[0.0; 12], &mut momentum, 1.0, 0.1, 1.0);
    assert_eq!(weight, [0.5; 12]);
}
