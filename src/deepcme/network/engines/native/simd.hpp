// Vectors in GCC's and Clang's own notation, as wide as the instruction set being compiled
// for, and the one multiplication loop that everything else is built from.
//
// Included only by kernels.cpp. All of it is forced inline and in an unnamed namespace: a
// function compiled for one instruction set must never be linked into code for another.
#pragma once

#include <stdint.h>

#define DEEPCME_INLINE inline __attribute__((always_inline))

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kMaxVectors = 4;
#elif defined(__AVX__)
constexpr int kLanes = 8;
constexpr int kMaxVectors = 2;
#elif defined(__aarch64__)
constexpr int kLanes = 4;
constexpr int kMaxVectors = 4;
#else
constexpr int kLanes = 4;
constexpr int kMaxVectors = 2;
#endif

/// Rows of a product held in registers: with kMaxVectors vectors each, the sums fill most
/// of the register file and leave room for one row of B and one element of A.
constexpr int kMaxRows = 6;

typedef float Vector __attribute__((vector_size(4 * kLanes)));

/// A vector in memory, wherever it starts.
typedef float StoredVector __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

DEEPCME_INLINE Vector load(const float* from) {
  return *reinterpret_cast<const StoredVector*>(from);
}
DEEPCME_INLINE void store(float* to, Vector v) { *reinterpret_cast<StoredVector*>(to) = v; }
DEEPCME_INLINE Vector broadcast(float value) { return Vector{} + value; }

DEEPCME_INLINE Vector square_root(Vector v) {
  Vector root;
  for (int lane = 0; lane < kLanes; ++lane) root[lane] = __builtin_sqrtf(v[lane]);
  return root;
}

/// size * sign(v), with 0 where v is 0.
DEEPCME_INLINE Vector signed_like(Vector v, Vector size) {
  const Vector zero{};
  return v > zero ? size : (v < zero ? -size : zero);
}

/// to[c, r] = from[r, c] for four rows and four columns.
DEEPCME_INLINE void transpose_square(const float* from, int64_t from_stride, float* to,
                                     int64_t to_stride) {
  typedef float Four __attribute__((vector_size(16)));
  typedef float StoredFour __attribute__((vector_size(16), aligned(4), may_alias));
  Four row[4];
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r)
    row[r] = *reinterpret_cast<const StoredFour*>(from + r * from_stride);
  const Four low_01{row[0][0], row[1][0], row[0][1], row[1][1]};
  const Four high_01{row[0][2], row[1][2], row[0][3], row[1][3]};
  const Four low_23{row[2][0], row[3][0], row[2][1], row[3][1]};
  const Four high_23{row[2][2], row[3][2], row[2][3], row[3][3]};
  row[0] = Four{low_01[0], low_01[1], low_23[0], low_23[1]};
  row[1] = Four{low_01[2], low_01[3], low_23[2], low_23[3]};
  row[2] = Four{high_01[0], high_01[1], high_23[0], high_23[1]};
  row[3] = Four{high_01[2], high_01[3], high_23[2], high_23[3]};
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) *reinterpret_cast<StoredFour*>(to + c * to_stride) = row[c];
}

/// A block of a product held in registers.
template <int Rows, int Vectors>
struct Block {
  Vector sum[Rows][Vectors];

  DEEPCME_INLINE void clear() {
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[r][v] = Vector{};
  }

  DEEPCME_INLINE void load_from(const float* c, int64_t stride) {
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[r][v] = load(c + r * stride + v * kLanes);
  }

  DEEPCME_INLINE void store_to(float* c, int64_t stride) const {
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) store(c + r * stride + v * kLanes, sum[r][v]);
  }

  /// sum[r] += a[r, k] * b[k] over k. `also(k)` is done beside each k: it is where memory
  /// that is needed later is prefetched, spread out so that it overlaps the arithmetic.
  template <class Also>
  DEEPCME_INLINE void accumulate(const float* a, int64_t a_row_stride, int64_t a_inner_stride,
                                 const float* b, int64_t b_stride, int64_t n_inner,
                                 Also&& also) {
    for (int64_t k = 0; k < n_inner; ++k) {
      Vector row[Vectors];
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) row[v] = load(b + k * b_stride + v * kLanes);
      also(k);
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        const float element = a[r * a_row_stride + k * a_inner_stride];
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) sum[r][v] += element * row[v];
      }
    }
  }
};

/// Calls body(row, Block size as template argument) over `n_rows` rows in blocks of
/// kMaxRows and, at the end, of 4, 2 and 1.
template <int Vectors, class Body>
DEEPCME_INLINE void for_each_row_block(int64_t n_rows, Body&& body) {
  int64_t row = 0;
  for (; row + kMaxRows <= n_rows; row += kMaxRows) body(row, Block<kMaxRows, Vectors>{});
  for (; row + 4 <= n_rows; row += 4) body(row, Block<4, Vectors>{});
  for (; row + 2 <= n_rows; row += 2) body(row, Block<2, Vectors>{});
  for (; row < n_rows; ++row) body(row, Block<1, Vectors>{});
}

/// Calls body(column, row, block) over blocks that cover n_rows x n_columns.
template <class Body>
DEEPCME_INLINE void for_each_block(int64_t n_rows, int64_t n_columns, Body&& body) {
  int64_t column = 0;
  for (; column + kMaxVectors * kLanes <= n_columns; column += kMaxVectors * kLanes)
    for_each_row_block<kMaxVectors>(n_rows, [&](int64_t row, auto block)
                                                __attribute__((always_inline)) {
      body(column, row, block);
    });
  if constexpr (kMaxVectors * kLanes > 2 * 16)
    for (; column + 2 * kLanes <= n_columns; column += 2 * kLanes)
      for_each_row_block<2>(n_rows, [&](int64_t row, auto block)
                                        __attribute__((always_inline)) {
        body(column, row, block);
      });
  if constexpr (kMaxVectors * kLanes > 16)
    for (; column < n_columns; column += kLanes)
      for_each_row_block<1>(n_rows, [&](int64_t row, auto block)
                                        __attribute__((always_inline)) {
        body(column, row, block);
      });
}

}  // namespace
