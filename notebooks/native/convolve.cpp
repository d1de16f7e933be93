// The full convolution as operators of torch: see __init__.py. columns.h and rows.h do
// the work; here stand their threads, their memory and their registration.
//
// torch's stable ABI keeps the headers few, and so the compilation short.

#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/core/ScalarType.h>

#include "columns.h"
#include "rows.h"

using torch::headeronly::ScalarType;
using torch::stable::Tensor;

namespace {

// A fresh result of so many bytes asks for huge pages, as numpy's do.
constexpr uintptr_t HUGE_PAGE = 2 << 20;
constexpr int64_t MANY_PAGES = 4 << 20;

// A smaller result is better kept in the caches, for who reads it next.
constexpr int64_t PAST_CACHES = 32 << 20;  // bytes
constexpr int64_t PER_THREAD = 1 << 20;   // bytes of the result, at least

// A signal's m numbers and the batch's B lie `step` and `lane` numbers apart.
struct Layout {
  int64_t dim, m, B, step, lane;
  ScalarType dtype;

  Layout(const Tensor& a, bool columns) : dim(a.dim()), dtype(a.scalar_type()) {
    const auto sizes = a.sizes(), strides = a.strides();
    const bool batch = dim == 2;
    const int64_t at = batch && !columns;
    m = dim ? sizes[at] : 0;
    step = dim ? strides[at] : 0;
    B = batch ? sizes[columns] : 1;
    lane = batch ? strides[columns] : 1;
  }
  bool in_rows() const { return (m == 1 || step == 1) && (B == 1 || lane == m); }
  bool in_columns() const { return B == 1 || lane == 1; }
  int64_t bytes() const { return m * B * (dtype == ScalarType::Float ? 4 : 8); }
};

// Call piece(begin, end) for parts of the batch, at once if torch was given threads. They
// begin with a cache line.
template <typename Piece>
void in_threads(const Layout& out, const Piece& piece) {
  if (out.bytes() < 2 * PER_THREAD) return piece(0, out.B);
  constexpr int64_t LINE = CACHE_LINE / 4;
  const int64_t lines = (out.B + LINE - 1) / LINE;
  torch::stable::parallel_for(
      0, lines, 1 + PER_THREAD * lines / out.bytes(), [&](int64_t begin, int64_t end) {
        piece(begin * LINE, std::min(end * LINE, out.B));
      });
}

template <typename T, bool CORRELATE>
void run_columns(const T* a, Layout of_a, const T* v, Layout of_v, T* out,
                 const Layout& of_out) {
  if (!CORRELATE && of_a.m < of_v.m) {  // convolution commutes
    std::swap(a, v);
    std::swap(of_a, of_v);
  }
  const int64_t m = of_a.m, n = of_v.m;
  const Lines<const T> x{a, of_a.step};
  Lines<const T> y{v, of_v.step};
  const Lines<T> z{out, of_out.step};
  if (CORRELATE) y = {y[n - 1], -y.stride};  // reversed
  const bool aligned = (uintptr_t(out) | of_out.step * sizeof(T)) % CACHE_LINE == 0;
  in_threads(of_out, [&](int64_t begin, int64_t end) {
    convolve_block<T, CORRELATE>(x.from(begin), m, y.from(begin), n, z.from(begin),
                                 end - begin, aligned && PAST_CACHES <= of_out.bytes());
  });
}

template <typename T, bool CORRELATE>
void run_rows(const T* a, int64_t m, const T* v, int64_t n, T* out,
              const Layout& of_out) {
  if (!CORRELATE && m < n) {
    std::swap(a, v);
    std::swap(m, n);
  }
  const int64_t width = of_out.m;
  in_threads(of_out, [&](int64_t begin, int64_t end) {
    convolve_rows<T, CORRELATE>(a + begin * m, m, v + begin * n, n, out + begin * width,
                                end - begin);
  });
}

template <typename T, bool CORRELATE>
void run(const Tensor& a, const Layout& of_a, const Tensor& v, const Layout& of_v,
         const Tensor& out, const Layout& of_out, bool columns) {
  auto* x = static_cast<const T*>(a.const_data_ptr());
  auto* y = static_cast<const T*>(v.const_data_ptr());
  auto* z = static_cast<T*>(out.mutable_data_ptr());
  if (columns)
    run_columns<T, CORRELATE>(x, of_a, y, of_v, z, of_out);
  else
    run_rows<T, CORRELATE>(x, of_a.m, y, of_v.m, z, of_out);
}

// ---- the operators ------------------------------------------------------------

// Pairs (m,) and (n,), or batches, of one dtype.
void check(const Layout& a, const Layout& v) {
  bool fit = a.dim == v.dim && (a.dim == 1 || a.dim == 2) && a.B == v.B;
  fit = fit && a.m && v.m && a.B && a.dtype == v.dtype;
  fit = fit && (a.dtype == ScalarType::Float || a.dtype == ScalarType::Double);
  STD_TORCH_CHECK(fit, "a and v do not fit");
}

// As new_empty, which would look its name up among the operators in every call.
Tensor new_like(const Layout& a, int64_t m, bool columns) {
  int64_t sizes[] = {a.B, m}, strides[] = {m, 1};
  if (columns && a.dim == 2) {
    std::swap(sizes[0], sizes[1]);
    strides[0] = a.B;
  }
  const int64_t skip = 2 - a.dim;
  const auto dtype = a.dtype == ScalarType::Float ? aoti_torch_dtype_float32()
                                                  : aoti_torch_dtype_float64();
  AtenTensorHandle fresh;
  STABLE_TORCH_ERROR_CODE_CHECK(
      aoti_torch_empty_strided(a.dim, sizes + skip, strides + skip, dtype,
                               aoti_torch_device_type_cpu(), 0, &fresh));
  Tensor out(fresh);
#ifdef MADV_HUGEPAGE
  const int64_t bytes = a.B * m * (a.dtype == ScalarType::Float ? 4 : 8);
  if (bytes >= MANY_PAGES) {
    const auto begin = uintptr_t(out.mutable_data_ptr());
    const auto first = (begin + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    madvise((void*)first, begin + bytes - first, MADV_HUGEPAGE);  // it may be refused
  }
#endif
  return out;
}

// Contiguous, if it must be copied at all.
Tensor straighten(const Tensor& a, Layout& layout, bool columns) {
  if (columns ? layout.in_columns() : layout.in_rows()) return a;
  Tensor copy = torch::stable::contiguous(a);
  layout = Layout(copy, columns);
  return copy;
}

template <bool CORRELATE>
void run(const Tensor& a, Layout of_a, const Tensor& v, Layout of_v, const Tensor& out,
         const Layout& of_out, bool columns) {
  const Tensor x = straighten(a, of_a, columns), y = straighten(v, of_v, columns);
  if (of_a.dtype == ScalarType::Float)
    run<float, CORRELATE>(x, of_a, y, of_v, out, of_out, columns);
  else
    run<double, CORRELATE>(x, of_a, y, of_v, out, of_out, columns);
}

Tensor convolve(const Tensor& a, const Tensor& v, bool columns) {
  const Layout of_a(a, columns), of_v(v, columns);
  check(of_a, of_v);
  Tensor out = new_like(of_a, of_a.m + of_v.m - 1, columns);
  run<false>(a, of_a, v, of_v, out, Layout(out, columns), columns);
  return out;
}

bool overlap(const Tensor& a, const Layout& of_a, const Tensor& out,
             const Layout& of_out) {
  auto* begin = static_cast<const char*>(a.const_data_ptr());
  auto* place = static_cast<const char*>(out.const_data_ptr());
  const int64_t last = (of_a.m - 1) * of_a.step + (of_a.B - 1) * of_a.lane;
  const int64_t end = (last + 1) * (of_a.bytes() / (of_a.m * of_a.B));
  return begin < place + of_out.bytes() && place < begin + end;
}

void convolve_out(const Tensor& a, const Tensor& v, const Tensor& out, bool columns) {
  const Layout of_a(a, columns), of_v(v, columns), of_out(out, columns);
  check(of_a, of_v);
  bool fit = of_out.dim == of_a.dim && of_out.m == of_a.m + of_v.m - 1;
  fit = fit && of_out.B == of_a.B && of_out.dtype == of_a.dtype;
  STD_TORCH_CHECK(fit && out.is_contiguous(), "out does not fit");
  STD_TORCH_CHECK(!overlap(a, of_a, out, of_out) && !overlap(v, of_v, out, of_out),
                  "out overlaps a or v");
  run<false>(a, of_a, v, of_v, out, of_out, columns);
}

Tensor correlate(const Tensor& grad, const Tensor& other, bool columns) {
  const Layout of_grad(grad, columns), of_other(other, columns);
  check(of_grad, of_other);
  const int64_t m = of_grad.m - of_other.m + 1;
  STD_TORCH_CHECK(m > 0, "grad is too short");
  Tensor out = new_like(of_grad, m, columns);
  run<true>(grad, of_grad, other, of_other, out, Layout(out, columns), columns);
  return out;
}

}  // namespace

STABLE_TORCH_LIBRARY(convolve_native, library) {
  library.def("convolve(Tensor a, Tensor v, bool columns) -> Tensor");
  library.def(
      "convolve_out(Tensor a, Tensor v, Tensor(a!) out, bool columns) -> ()");
  library.def("correlate(Tensor grad, Tensor other, bool columns) -> Tensor");
}

STABLE_TORCH_LIBRARY_IMPL(convolve_native, CPU, library) {
  library.impl("convolve", TORCH_BOX(&convolve));
  library.impl("convolve_out", TORCH_BOX(&convolve_out));
  library.impl("correlate", TORCH_BOX(&correlate));
}
