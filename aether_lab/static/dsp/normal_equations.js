// Symmetric positive systems, as of least squares. Needs no DOM.

/**
 * Solves `matrix x = right` by Cholesky's factors, which replace the matrix; `right` becomes x. False where the matrix
 * is not positive.
 * @param {Float64Array} matrix (n, n) row by row, of which the lower triangle is read @param {Float64Array} right (n,)
 */
export function solveNormal(matrix, right) {
  const n = right.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (i > j) matrix[i * n + j] = sum / matrix[j * n + j];
      else if (sum > 0) matrix[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) right[i] -= matrix[i * n + k] * right[k];
    right[i] /= matrix[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) right[i] -= matrix[k * n + i] * right[k];
    right[i] /= matrix[i * n + i];
  }
  return true;
}

/**
 * The lower triangle of the products of all pairs of rows.
 * @param {Float64Array[]} rows @returns {Float64Array} (n, n)
 */
export function products(rows) {
  const n = rows.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix[i * n + j] = product(rows[i], rows[j]);
  return matrix;
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function product(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
