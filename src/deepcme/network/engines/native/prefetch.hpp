// What the first layer needs next, brought into cache while it computes.
//
// Included only by kernels.cpp, under the rules of simd.hpp. Addresses past the end of an
// array may be asked for: a prefetch never fails.
#pragma once

#include "kernels.hpp"
#include "simd.hpp"

namespace deepcme {
namespace {

/// Nothing to bring: the upper layers fit into cache.
struct Nothing {
  DEEPCME_INLINE void operator()(int64_t) const {}
};

/// Lines of memory in one row of a tile of X, which need not start with a line.
constexpr int64_t kTileLines = kTile / kLine + 1;

DEEPCME_INLINE void prefetch_x(const FirstLayer& layer, int64_t row, int64_t gene) {
  __builtin_prefetch(layer.x + row * layer.n_genes + gene, 0, 2);
}

/// While a block of gradients is formed: brings the weights and moments of the block one
/// tile further on into cache, and one line of each of the batch's rows there. A few lines
/// go with every step of the multiplication, so that memory and arithmetic work at once.
template <int Rows, int Vectors>
class PrefetchForGradient {
 public:
  DEEPCME_INLINE PrefetchForGradient(const Block<Rows, Vectors>&, const FirstLayer& layer,
                                     GeneRange tile, Batch batch, int64_t gene, int64_t unit)
      : layer_(layer),
        batch_(batch),
        // Momentum has one moment only; asking for the weights twice costs nothing.
        second_moment_(layer.second_moment != nullptr ? layer.second_moment : layer.weight) {
    weights_ = (tile.begin + gene + kTile) * layer.stride + unit;
    const int64_t line = gene / kMaxRows;
    fetches_x_ = unit == 0 && line < kTileLines;
    x_gene_ = tile.begin + kTile + line * kLine;
  }

  DEEPCME_INLINE void operator()(int64_t k) const {
    if (fetches_x_) prefetch_x(layer_, batch_.rows[k], x_gene_);
    constexpr int64_t kLinesPerRow = Vectors * kLanes > kLine ? Vectors * kLanes / kLine : 1;
    if (k >= Rows * kLinesPerRow) return;
    const int64_t at = weights_ + k / kLinesPerRow * layer_.stride + k % kLinesPerRow * kLine;
    __builtin_prefetch(layer_.weight + at, 1, 2);
    __builtin_prefetch(layer_.first_moment + at, 1, 2);
    __builtin_prefetch(second_moment_ + at, 1, 2);
  }

 private:
  const FirstLayer& layer_;
  Batch batch_;
  const float* second_moment_;
  int64_t weights_, x_gene_;
  bool fetches_x_;
};

/// While a block of rows is multiplied: brings these rows' next tile of X into cache.
template <int Rows, int Vectors>
class PrefetchForForward {
 public:
  DEEPCME_INLINE PrefetchForForward(const Block<Rows, Vectors>&, const FirstLayer& layer,
                                    GeneRange tile, const int64_t* rows, int64_t unit)
      : layer_(layer),
        rows_(rows),
        gene_(tile.begin + kTile),
        n_lines_(unit == 0 ? Rows * kTileLines : 0) {}

  DEEPCME_INLINE void operator()(int64_t k) const {
    if (k < n_lines_)
      prefetch_x(layer_, rows_[k / kTileLines], gene_ + k % kTileLines * kLine);
  }

 private:
  const FirstLayer& layer_;
  const int64_t* rows_;
  int64_t gene_, n_lines_;
};

}  // namespace
}  // namespace deepcme
