// The full convolution of signals and kernels that stand in rows: see convolve.cpp.
//
// A row of 2 to 9 numbers is too short for a loop over it to be worth a processor's
// while. So a row becomes a vector register, and shifting it becomes shuffling: each
// number of the shorter row multiplies a shifted copy of the longer one. That is
// convolve_shift_add again, in registers.

#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "vectors.h"

template <typename T>
using Bits = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;

// Return the L lanes of (low, high) that begin with lane S of low.
template <typename T, int L, int S, int... lane>
vec<T, L> shift(vec<T, L> low, vec<T, L> high, std::integer_sequence<int, lane...>) {
#ifdef __clang__
  return __builtin_shufflevector(low, high, (lane + S)...);
#else  // GCC learned that word with version 12
  return __builtin_shuffle(low, high, vec<Bits<T>, L>{(lane + S)...});
#endif
}

// Return register c of the row in x[0], ..., x[X - 1], moved up by J places; down if J is
// negative.
template <typename T, int L, int X, int J, int c>
vec<T, L> moved(const vec<T, L>* x) {
  constexpr int from = c * L - J, S = (from % L + L) % L, low = (from - S) / L;
  vec<T, L> lower{}, upper{};
  if constexpr (0 <= low && low < X) lower = x[low];
  if constexpr (0 <= low + 1 && low + 1 < X) upper = x[low + 1];
  if constexpr (S == 0) return lower;
  return shift<T, L, S>(lower, upper, std::make_integer_sequence<int, L>());
}

template <typename T, int L, int X, int J, int... c>
void add_moved(vec<T, L>* sum, const vec<T, L>* x, T weight,
               std::integer_sequence<int, c...>) {
  ((sum[c] += moved<T, L, X, J, c>(x) * weight), ...);
}

template <typename T, int L, int X, int S, int UP, int... j>
void add_all(vec<T, L>* sum, const vec<T, L>* x, const T* weights,
             std::integer_sequence<int, j...>) {
  (add_moved<T, L, X, UP * j>(sum, x, weights[j], std::make_integer_sequence<int, S>()),
   ...);
}

// Rows of m numbers in X registers, of N numbers, and of sums in S registers. CORRELATE
// moves the row down instead of up. Return how many rows are left.
template <typename T, bool CORRELATE, int L, int N, int X, int S>
int64_t convolve_registers(const T* a, int64_t m, const T* v, T* out, int64_t B) {
  const int64_t width = CORRELATE ? m - N + 1 : m + N - 1;
  vec<Bits<T>, L> own{};  // the lanes of the last register that belong to the row
  for (int lane = 0; lane < L; ++lane) own[lane] = (X - 1) * L + lane < m ? -1 : 0;
  // Whole registers reach into the rows behind: what is read too much is cleared, what
  // is written too much is overwritten next. The last rows, which have none behind them,
  // are left to the caller.
  const int64_t spare = std::max((X * L - 1) / m, (S * L - 1) / width);
  for (; B > spare; --B, a += m, v += N, out += width) {
    vec<T, L> x[X], sum[S] = {};
    for (int c = 0; c < X; ++c) x[c] = load<vec<T, L>>(a + c * L);
    x[X - 1] = (vec<T, L>)((vec<Bits<T>, L>)x[X - 1] & own);
    add_all<T, L, X, S, CORRELATE ? -1 : 1>(sum, x, v,
                                            std::make_integer_sequence<int, N>());
    for (int c = 0; c < S; ++c) store(out + c * L, sum[c]);
  }
  return B;
}

// Any lengths: rows between zeros are read again from every place. Several rows at a
// time, since what was just written can't be read from another place at once. Sums are
// added up in the same order as in registers, so no number depends on the way it goes.
template <typename T, bool CORRELATE>
void convolve_padded(const T* a, int64_t m, const T* v, int64_t n, T* out, int64_t B) {
  constexpr int64_t L = WIDEST / sizeof(T), ROWS = 8;
  const int64_t pad = CORRELATE ? 0 : n - 1, width = m + 2 * pad - n + 1;
  const int64_t padded = width + n + L;
  std::vector<T> rows(ROWS * padded);
  const T* end = out + B * width;
  for (int64_t start = 0; start < B; start += ROWS) {
    const int64_t count = std::min(ROWS, B - start);
    for (int64_t row = 0; row < count; ++row, a += m)
      std::copy_n(a, m, rows.data() + row * padded + pad);
    for (int64_t row = 0; row < count; ++row, v += n, out += width)
      for (int64_t k = 0; k < width; k += L) {
        const T* x = rows.data() + row * padded + k;
        vec<T> sum{};
        for (int64_t j = 0; j < n; ++j)
          sum += load<vec<T>>(x + (CORRELATE ? j : n - 1 - j)) * v[j];
        if (out + k + L <= end)
          store(out + k, sum);  // what is written too much is overwritten next
        else
          std::memcpy(out + k, &sum, std::min(L, width - k) * sizeof(T));
      }
  }
}

// Choose the number of weights, of registers for a row and for its sums, and the
// narrowest registers that will do.
template <typename T, bool CORRELATE, int N = 1, int X = 1, int S = 1>
int64_t choose_registers(const T* a, int64_t m, const T* v, int64_t n, T* out,
                         int64_t B) {
  constexpr int L = WIDEST / sizeof(T), MOST = 2 * LONGEST - 1;
  const int64_t width = CORRELATE ? m - n + 1 : m + n - 1, longer = std::max(m, width);
  if constexpr (X == 1 && S == 1) {
    if constexpr (N < LONGEST)
      if (N < n) return choose_registers<T, CORRELATE, N + 1>(a, m, v, n, out, B);
    if constexpr (4 < L)
      if (longer <= 4) return convolve_registers<T, CORRELATE, 4, N, 1, 1>(a, m, v, out, B);
    if constexpr (8 < L)
      if (longer <= 8) return convolve_registers<T, CORRELATE, 8, N, 1, 1>(a, m, v, out, B);
  }
  if constexpr (X * L < (CORRELATE ? MOST : LONGEST))
    if (X * L < m) return choose_registers<T, CORRELATE, N, X + 1, S>(a, m, v, n, out, B);
  if constexpr (S * L < (CORRELATE ? LONGEST : MOST))
    if (S * L < width)
      return choose_registers<T, CORRELATE, N, X, S + 1>(a, m, v, n, out, B);
  return convolve_registers<T, CORRELATE, L, N, X, S>(a, m, v, out, B);
}

// Convolve B rows, m >= n.
template <typename T, bool CORRELATE>
void convolve_rows(const T* a, int64_t m, const T* v, int64_t n, T* out, int64_t B) {
  const int64_t width = CORRELATE ? m - n + 1 : m + n - 1;
  int64_t left = B;
  if (n <= LONGEST && (CORRELATE ? width : m) <= LONGEST)
    left = choose_registers<T, CORRELATE>(a, m, v, n, out, B);
  const int64_t done = B - left;
  convolve_padded<T, CORRELATE>(a + done * m, m, v + done * n, n, out + done * width, left);
}
