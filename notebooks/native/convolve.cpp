// The full convolution of each row, as an operator of torch: see __init__.py.
//
// A row of 2 to 9 numbers is too short for a loop over it to be worth a processor's
// while. So a row becomes a vector register, and shifting it becomes shuffling: each
// number of the shorter row multiplies a shifted copy of the longer one. That is
// convolve_shift_add again, in registers. Vectors are those of GCC and Clang; what
// they become (AVX-512, AVX2, NEON) the compiler decides.
//
// torch's stable ABI keeps the headers few, and so the compilation short.

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/core/ScalarType.h>

using torch::headeronly::ScalarType;
using torch::stable::Tensor;

namespace {

constexpr int64_t LONGEST = 16;  // of the lengths that are specialised

// L numbers of T in a register; at most so many fit into the widest one.
template <typename T, int L>
struct Register {
  typedef T type __attribute__((vector_size(L * sizeof(T))));
};
template <typename T, int L>
using vec = typename Register<T, L>::type;
template <typename T>
constexpr int WIDEST = __BIGGEST_ALIGNMENT__ / sizeof(T);

// Return the L lanes of (low, high) that begin S lanes before high.
template <int S, typename V, int... lane>
V shift(V low, V high, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(low, high, (lane + int(sizeof...(lane)) - S)...);
}

// Return register c of the row in x[0], ..., x[X - 1] when it is moved by J places.
template <typename T, int L, int X, int J, int c>
vec<T, L> moved(const vec<T, L>* x) {
  constexpr int high = c - J / L, low = high - 1;
  vec<T, L> upper{}, lower{};
  if constexpr (0 <= high && high < X) upper = x[high];
  if constexpr (0 <= low && low < X) lower = x[low];
  if constexpr (J % L == 0) return upper;
  return shift<J % L>(lower, upper, std::make_integer_sequence<int, L>());
}

template <typename T, int L, int X, int J, int... c>
void add_moved(vec<T, L>* sum, const vec<T, L>* x, T weight,
               std::integer_sequence<int, c...>) {
  ((sum[c] += moved<T, L, X, J, c>(x) * weight), ...);
}

template <typename T, int L, int X, int S, int... j>
void add_all(vec<T, L>* sum, const vec<T, L>* x, const T* weights,
             std::integer_sequence<int, j...>) {
  (add_moved<T, L, X, j>(sum, x, weights[j], std::make_integer_sequence<int, S>()), ...);
}

// Any lengths, one row: the definition.
template <typename T>
void convolve_row(const T* a, int64_t m, const T* v, int64_t n, T* out) {
  for (int64_t k = 0; k < m + n - 1; ++k) {
    T sum = 0;
    const int64_t last = std::min(k, m - 1);
    for (int64_t i = std::max<int64_t>(0, k - n + 1); i <= last; ++i)
      sum += a[i] * v[k - i];
    out[k] = sum;
  }
}

// Rows of m numbers in X registers, of N numbers, and of m + N - 1 sums in S registers.
template <typename T, int L, int N, int X, int S>
void convolve_rows(const T* a, int64_t m, const T* v, T* out, int64_t rows) {
  using Bits = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  const int64_t width = m + N - 1;
  vec<Bits, L> own{};  // the lanes of the last register that belong to the row
  for (int lane = 0; lane < L; ++lane) own[lane] = (X - 1) * L + lane < m ? -1 : 0;
  // Whole registers reach into the rows behind: what is read too much is cleared, what
  // is written too much is overwritten next. The last rows have none behind them.
  const int64_t spare = std::max((X * L - 1) / m, (S * L - 1) / width);
  int64_t row = 0;
  for (; row < rows - spare; ++row, a += m, v += N, out += width) {
    vec<T, L> x[X], sum[S] = {};
    for (int c = 0; c < X; ++c) std::memcpy(&x[c], a + c * L, sizeof x[c]);
    x[X - 1] = (vec<T, L>)((vec<Bits, L>)x[X - 1] & own);
    add_all<T, L, X, S>(sum, x, v, std::make_integer_sequence<int, N>());
    for (int c = 0; c < S; ++c) std::memcpy(out + c * L, &sum[c], sizeof sum[c]);
  }
  for (; row < rows; ++row, a += m, v += N, out += width)
    convolve_row<T>(a, m, v, N, out);
}

// Choose how many registers a row takes, and the narrowest that do.
template <typename T, int N, int X>
void choose_sums(const T* a, int64_t m, const T* v, T* out, int64_t rows) {
  constexpr int L = WIDEST<T>, least = ((X - 1) * L + N - 1) / L + 1;
  if (m + N - 1 <= least * L)
    convolve_rows<T, L, N, X, least>(a, m, v, out, rows);
  else
    convolve_rows<T, L, N, X, least + 1>(a, m, v, out, rows);
}

template <typename T, int N, int X = 1>
void choose_registers(const T* a, int64_t m, const T* v, T* out, int64_t rows) {
  constexpr int L = WIDEST<T>;
  if constexpr (X == 1 && N <= 4 && 4 < L)
    if (m + N - 1 <= 4) return convolve_rows<T, 4, N, 1, 1>(a, m, v, out, rows);
  if constexpr (X == 1 && N <= 8 && 8 < L)
    if (m + N - 1 <= 8) return convolve_rows<T, 8, N, 1, 1>(a, m, v, out, rows);
  if constexpr (X * L < LONGEST)
    if (m > X * L) return choose_registers<T, N, X + 1>(a, m, v, out, rows);
  choose_sums<T, N, X>(a, m, v, out, rows);
}

template <typename T, int N = 1>
void choose_length(const T* a, int64_t m, const T* v, int64_t n, T* out, int64_t rows) {
  if constexpr (N < LONGEST)
    if (n > N) return choose_length<T, N + 1>(a, m, v, n, out, rows);
  choose_registers<T, N>(a, m, v, out, rows);
}

template <typename T>
void convolve(const Tensor& a, const Tensor& v, Tensor& out) {
  int64_t m = a.size(-1), n = v.size(-1);
  const int64_t rows = a.numel() / m, width = m + n - 1;
  auto* x = static_cast<const T*>(a.const_data_ptr());
  auto* y = static_cast<const T*>(v.const_data_ptr());
  auto* z = static_cast<T*>(out.mutable_data_ptr());
  if (m < n) {  // convolution commutes
    std::swap(x, y);
    std::swap(m, n);
  }
  if (m <= LONGEST) return choose_length<T>(x, m, y, n, z, rows);
  for (int64_t row = 0; row < rows; ++row)
    convolve_row(x + row * m, m, y + row * n, n, z + row * width);
}

// Any lengths: out[i] is the sum of grad[i + j] * other[j].
template <typename T>
void correlate(const Tensor& grad, const Tensor& other, Tensor& out) {
  const int64_t n = other.size(-1), width = grad.size(-1), m = width - n + 1;
  auto* x = static_cast<const T*>(grad.const_data_ptr());
  auto* y = static_cast<const T*>(other.const_data_ptr());
  auto* z = static_cast<T*>(out.mutable_data_ptr());
  for (const T* end = y + other.numel(); y < end; x += width, y += n, z += m)
    for (int64_t i = 0; i < m; ++i) {
      T sum = 0;
      for (int64_t j = 0; j < n; ++j) sum += x[i + j] * y[j];
      z[i] = sum;
    }
}

// ---- the operators ------------------------------------------------------------

// Pairs (m,) and (n,), or batches (B, m) and (B, n), of one dtype.
void check(const Tensor& a, const Tensor& v) {
  const auto dtype = a.scalar_type();
  bool fit = a.dim() == v.dim() && (a.dim() == 1 || a.dim() == 2);
  fit = fit && (a.dim() == 1 || a.size(0) == v.size(0)) && a.numel() && v.numel();
  fit = fit && (dtype == ScalarType::Float || dtype == ScalarType::Double);
  STD_TORCH_CHECK(fit && v.scalar_type() == dtype, "a and v do not fit");
}

// As new_empty, which would look its name up among the operators in every call.
Tensor new_like(const Tensor& a, int64_t width) {
  const int64_t B = a.numel() / a.size(-1), sizes[] = {B, width}, strides[] = {width, 1};
  const int64_t skip = 2 - a.dim();
  int32_t dtype;
  STABLE_TORCH_ERROR_CODE_CHECK(aoti_torch_get_dtype(a.get(), &dtype));
  AtenTensorHandle fresh;
  STABLE_TORCH_ERROR_CODE_CHECK(aoti_torch_empty_strided(
      a.dim(), sizes + skip, strides + skip, dtype, aoti_torch_device_type_cpu(), 0,
      &fresh));
  return Tensor(fresh);
}

Tensor in_one_piece(const Tensor& a) {
  return a.is_contiguous() ? a : torch::stable::contiguous(a);
}

void check_out(const Tensor& a, int64_t width, const Tensor& out) {
  bool fit = width > 0 && out.dim() == a.dim() && out.size(-1) == width;
  fit = fit && out.numel() / width == a.numel() / a.size(-1) && out.is_contiguous();
  STD_TORCH_CHECK(fit && out.scalar_type() == a.scalar_type(), "out does not fit");
}

void full_out(Tensor a, Tensor v, Tensor out) {
  check(a, v);
  check_out(a, a.size(-1) + v.size(-1) - 1, out);
  a = in_one_piece(a);
  v = in_one_piece(v);
  if (a.scalar_type() == ScalarType::Float)
    convolve<float>(a, v, out);
  else
    convolve<double>(a, v, out);
}

Tensor full_new(Tensor a, Tensor v) {
  check(a, v);
  Tensor out = new_like(a, a.size(-1) + v.size(-1) - 1);
  full_out(a, v, out);
  return out;
}

Tensor correlate_new(Tensor grad, Tensor other) {
  check(grad, other);
  const int64_t width = grad.size(-1) - other.size(-1) + 1;
  STD_TORCH_CHECK(width > 0, "grad is too short");
  Tensor out = new_like(grad, width);
  grad = in_one_piece(grad);
  other = in_one_piece(other);
  if (grad.scalar_type() == ScalarType::Float)
    correlate<float>(grad, other, out);
  else
    correlate<double>(grad, other, out);
  return out;
}

}  // namespace

// Each twice: torch's Python records the first for autograd, and nothing delays the
// second.
STABLE_TORCH_LIBRARY(convolve_native, library) {
  library.def("full(Tensor a, Tensor v) -> Tensor");
  library.def("full_plain(Tensor a, Tensor v) -> Tensor");
  library.def("full_out(Tensor a, Tensor v, Tensor(a!) out) -> ()");
  library.def("correlate(Tensor grad, Tensor other) -> Tensor");
  library.def("correlate_plain(Tensor grad, Tensor other) -> Tensor");
}

STABLE_TORCH_LIBRARY_IMPL(convolve_native, CPU, library) {
  library.impl("full", TORCH_BOX(&full_new));
  library.impl("full_plain", TORCH_BOX(&full_new));
  library.impl("full_out", TORCH_BOX(&full_out));
  library.impl("correlate", TORCH_BOX(&correlate_new));
  library.impl("correlate_plain", TORCH_BOX(&correlate_new));
}
