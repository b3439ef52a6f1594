// Owns the little linear algebra that the solver needs: symmetric systems, 3 x 3 matrices, vectors. Pure. Matrices are
// row by row; nothing here allocates unless it returns something new.

export type Vec3 = readonly [number, number, number];
/** Nine numbers, row by row. */
export type Mat3 = readonly number[];

export const IDENTITY: Mat3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** A = L Lᵀ in place: the lower triangle of `a` (n x n) becomes L. False where A is not positive definite. */
export function cholesky(a: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i > j) a[i * n + j] = sum / a[j * n + j]!;
      else if (sum > 0 && Number.isFinite(sum)) a[j * n + j] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L Lᵀ x = b for a factor of `cholesky`; x replaces b. */
export function substitute(l: Float64Array, b: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= l[i * n + k]! * b[k]!;
    b[i] = sum / l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i]! * b[k]!;
    b[i] = sum / l[i * n + i]!;
  }
}

/** The inverse of a positive definite matrix, or null. */
export function inverseOf(a: Float64Array, n: number): Float64Array | null {
  const factor = a.slice();
  if (!cholesky(factor, n)) return null;
  const inverse = new Float64Array(n * n);
  const column = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    column.fill(0);
    column[j] = 1;
    substitute(factor, column, n);
    for (let i = 0; i < n; i++) inverse[i * n + j] = column[i]!;
  }
  return inverse;
}

/** Solves A x = b by elimination with pivots; null where A has no inverse. For small general systems. */
export function solve(a: Float64Array, b: Float64Array, n: number): Float64Array | null {
  const m = a.slice();
  const x = b.slice();
  for (let j = 0; j < n; j++) {
    let best = j;
    for (let i = j + 1; i < n; i++) if (Math.abs(m[i * n + j]!) > Math.abs(m[best * n + j]!)) best = i;
    const pivot = m[best * n + j]!;
    if (!(Math.abs(pivot) > 1e-14)) return null;
    if (best !== j) {
      for (let k = 0; k < n; k++) [m[j * n + k], m[best * n + k]] = [m[best * n + k]!, m[j * n + k]!];
      [x[j], x[best]] = [x[best]!, x[j]!];
    }
    for (let i = j + 1; i < n; i++) {
      const share = m[i * n + j]! / pivot;
      if (share === 0) continue;
      for (let k = j; k < n; k++) m[i * n + k]! -= share * m[j * n + k]!;
      x[i]! -= share * x[j]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= m[i * n + k]! * x[k]!;
    x[i]! /= m[i * n + i]!;
  }
  return x;
}

export function multiply(a: Mat3, b: Mat3): Mat3 {
  const c = new Array<number>(9);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) c[3 * i + j] = a[3 * i]! * b[j]! + a[3 * i + 1]! * b[3 + j]! + a[3 * i + 2]! * b[6 + j]!;
  }
  return c;
}

export function transposed(a: Mat3): Mat3 {
  return [a[0]!, a[3]!, a[6]!, a[1]!, a[4]!, a[7]!, a[2]!, a[5]!, a[8]!];
}

export function inverse3(a: Mat3): Mat3 | null {
  const [p, q, r, s, t, u, v, w, x] = a as [number, number, number, number, number, number, number, number, number];
  const one = t * x - u * w, two = u * v - s * x, three = s * w - t * v;
  const det = p * one + q * two + r * three;
  if (!(Math.abs(det) > 1e-300)) return null;
  return [one, r * w - q * x, q * u - r * t, two, p * x - r * v, r * s - p * u, three, q * v - p * w, p * t - q * s].map(
    (each) => each / det,
  );
}

export function times(a: Mat3, [x, y, z]: Vec3): Vec3 {
  return [
    a[0]! * x + a[1]! * y + a[2]! * z,
    a[3]! * x + a[4]! * y + a[5]! * z,
    a[6]! * x + a[7]! * y + a[8]! * z,
  ];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function scaled(a: Vec3, by: number): Vec3 {
  return [a[0] * by, a[1] * by, a[2] * by];
}

export function plus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function unit(a: Vec3): Vec3 {
  return scaled(a, 1 / Math.sqrt(dot(a, a)));
}

/** The rotation by the vector's length about the vector. */
export function rotation([x, y, z]: Vec3): Mat3 {
  const angle = Math.sqrt(x * x + y * y + z * z);
  const s = angle < 1e-8 ? 1 : Math.sin(angle) / angle;
  const c = angle < 1e-8 ? 0.5 : (1 - Math.cos(angle)) / (angle * angle);
  return [
    1 - c * (y * y + z * z), c * x * y - s * z, c * x * z + s * y,
    c * x * y + s * z, 1 - c * (x * x + z * z), c * y * z - s * x,
    c * x * z - s * y, c * y * z + s * x, 1 - c * (x * x + y * y),
  ];
}

/** The shortest rotation that takes one unit vector to another. */
export function between(from: Vec3, to: Vec3): Mat3 {
  const axis = cross(from, to);
  const sine = Math.sqrt(dot(axis, axis));
  if (sine < 1e-12) return IDENTITY; // or opposite, which no caller asks for
  return rotation(scaled(axis, Math.atan2(sine, dot(from, to)) / sine));
}
