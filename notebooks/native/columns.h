// The full convolution of signals and kernels that stand in columns: see convolve.cpp.

#pragma once

#include <algorithm>
#include <vector>

#include "rows.h"
#include "vectors.h"

// Line i holds number i of each column, side by side.
template <typename T>
struct Lines {
  T* __restrict first;
  int64_t stride;
  T* operator[](int64_t i) const { return first + i * stride; }
  Lines from(int64_t column) const { return {first + column, stride}; }
};

// The numbers FIRST to LAST - 1 of each result, a cache line of columns at a time. M and N
// are known when this is compiled, so the loops inside are unrolled, and no sum leaves its
// register. The next cache line is asked for before it is written to.
template <typename T, int M, int N, bool STREAM, int FIRST = 0, int LAST = M + N - 1>
void convolve_columns(Lines<const T> a, Lines<const T> v, Lines<T> out, int64_t B) {
  constexpr int LINE = CACHE_LINE / sizeof(T), LANES = WIDEST / sizeof(T);
  for (int64_t start = 0; start < B; start += LINE)
#pragma GCC unroll 32
    for (int k = FIRST; k < LAST; ++k)
#pragma GCC unroll 4
      for (int64_t b = start; b < start + LINE; b += LANES) {
        if (!STREAM) __builtin_prefetch(out[k - FIRST] + b + LINE, 1);
        vec<T> sum{};
#pragma GCC unroll 32
        for (int i = 0; i < M; ++i)
          if (0 <= k - i && k - i < N)
            sum += load<vec<T>>(a[i] + b) * load<vec<T>>(v[k - i] + b);
        STREAM ? stream(out[k - FIRST] + b, sum) : store(out[k - FIRST] + b, sum);
      }
  if (STREAM) finish_streams();
}

// Any lengths, a register of columns at a time: the numbers first to last - 1.
template <typename T>
void convolve_columns(Lines<const T> a, int64_t m, Lines<const T> v, int64_t n,
                      Lines<T> out, int64_t first, int64_t last, int64_t B) {
  for (int64_t b = 0; b < B; b += WIDEST / sizeof(T))
    for (int64_t k = first; k < last; ++k) {
      vec<T> sum{};
      const int64_t end = std::min(k + 1, m);
      for (int64_t i = std::max<int64_t>(0, k - n + 1); i < end; ++i)
        sum += load<vec<T>>(a[i] + b) * load<vec<T>>(v[k - i] + b);
      store(out[k - first] + b, sum);
    }
}

// Too few columns for that: turn them into rows, and back.
template <typename T, bool MIDDLE>
void convolve_few(Lines<const T> a, int64_t m, Lines<const T> v, int64_t n, Lines<T> out,
                  int64_t B) {
  const int64_t width = MIDDLE ? m - n + 1 : m + n - 1;
  std::vector<T> x(B * m), y(B * n), z(B * width);
  for (int64_t b = 0; b < B; ++b) {
    for (int64_t i = 0; i < m; ++i) x[b * m + i] = a[i][b];
    for (int64_t j = 0; j < n; ++j) y[b * n + j] = v[MIDDLE ? n - 1 - j : j][b];
  }
  convolve_rows<T, MIDDLE>(x.data(), m, y.data(), n, z.data(), B);
  for (int64_t b = 0; b < B; ++b)
    for (int64_t k = 0; k < width; ++k) out[k][b] = z[b * width + k];
}

// Choose the function that is compiled for these lengths. MIDDLE leaves out the sums in
// which not all of v takes part, n - 1 at either end.
template <typename T, bool MIDDLE, int N = 1, int M = N>
void convolve_unrolled(Lines<const T> a, int64_t m, Lines<const T> v, int64_t n,
                       Lines<T> out, int64_t B, bool past_caches) {
  constexpr int MOST = MIDDLE ? N + LONGEST - 1 : LONGEST;
  if constexpr (N < LONGEST)
    if (N < n)
      return convolve_unrolled<T, MIDDLE, N + 1>(a, m, v, n, out, B, past_caches);
  if constexpr (M < MOST)
    if (M < m)
      return convolve_unrolled<T, MIDDLE, N, M + 1>(a, m, v, n, out, B, past_caches);
  if constexpr (MIDDLE)
    convolve_columns<T, M, N, false, N - 1, M>(a, v, out, B);
  else if (past_caches)
    convolve_columns<T, M, N, true>(a, v, out, B);
  else
    convolve_columns<T, M, N, false>(a, v, out, B);
}

// Convolve B columns, m >= n. The last columns, too few for a whole step, are convolved
// along with some of those before them. Only where each line begins with a cache line,
// `past_caches` may be true.
template <typename T, bool MIDDLE>
void convolve_block(Lines<const T> a, int64_t m, Lines<const T> v, int64_t n,
                    Lines<T> out, int64_t B, bool past_caches) {
  const int64_t first = MIDDLE ? n - 1 : 0, last = MIDDLE ? m : m + n - 1;
  const bool unrolled = n <= LONGEST && m - first <= LONGEST;
  const int64_t step = (unrolled ? CACHE_LINE : WIDEST) / sizeof(T);
  if (B < step) return convolve_few<T, MIDDLE>(a, m, v, n, out, B);
  auto convolve = [&](int64_t b, int64_t count) {
    if (unrolled)
      convolve_unrolled<T, MIDDLE>(a.from(b), m, v.from(b), n, out.from(b), count,
                                   past_caches);
    else
      convolve_columns(a.from(b), m, v.from(b), n, out.from(b), first, last, count);
  };
  convolve(0, B - B % step);
  if (B % step) convolve(B - step, step);
}
