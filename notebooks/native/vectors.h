// Vectors of GCC and Clang: what they become (AVX-512, AVX2, NEON) the compiler decides.

#pragma once

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <immintrin.h>
#endif

// Up to this length a row's or column's loops are unrolled: a program of its own for
// each pair of lengths. The asker's are 2 to 9.
constexpr int LONGEST = 9;
constexpr int CACHE_LINE = 64;  // bytes

#if defined(__AVX512F__)
constexpr int WIDEST = 64;  // bytes of a register
#elif defined(__AVX__)
constexpr int WIDEST = 32;
#else
constexpr int WIDEST = 16;
#endif

template <typename T, int L = WIDEST / sizeof(T)>
struct Register {
  typedef T type __attribute__((vector_size(L * sizeof(T))));
};
template <typename T, int L = WIDEST / sizeof(T)>
using vec = typename Register<T, L>::type;

template <typename V, typename T>
V load(const T* from) {
  V numbers;
  std::memcpy(&numbers, from, sizeof numbers);
  return numbers;
}

template <typename V, typename T>
void store(T* to, V numbers) {
  std::memcpy(to, &numbers, sizeof numbers);
}

// Store past the caches, at a multiple of WIDEST bytes. finish_streams() must follow.
template <typename V, typename T>
void stream(T* to, V numbers) {
#if defined(__AVX512F__)
  _mm512_stream_si512((__m512i*)to, (__m512i)numbers);
#elif defined(__AVX__)
  _mm256_stream_si256((__m256i*)to, (__m256i)numbers);
#elif defined(__SSE2__)
  _mm_stream_si128((__m128i*)to, (__m128i)numbers);
#else
  store(to, numbers);  // no such thing here
#endif
}

inline void finish_streams() {
#ifdef __SSE2__
  _mm_sfence();
#endif
}
