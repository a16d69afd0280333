// Memory for training: aligned, zeroed, padded matrices and the parameters made of them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "kernels.hpp"

namespace deepcme {

/// A row-major matrix of float32. Rows start on cache lines; padding holds zeros.
class Matrix {
 public:
  Matrix() = default;
  Matrix(int64_t rows, int64_t columns)
      : rows_(rows), columns_(columns), data_(allocate(rows * padded(columns))) {}

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  float* row(int64_t index) { return data_.get() + index * stride(); }
  const float* row(int64_t index) const { return data_.get() + index * stride(); }
  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  int64_t stride() const { return padded(columns_); }
  int64_t size() const { return rows_ * stride(); }
  bool empty() const { return rows_ == 0; }

  void fill(float value) {
    for (int64_t r = 0; r < rows_; ++r)
      for (int64_t c = 0; c < columns_; ++c) row(r)[c] = value;
  }
  void set_zero() { std::memset(data(), 0, sizeof(float) * size()); }

  /// Makes room for at least so many rows, forgetting the contents if it has to grow.
  void reserve_rows(int64_t rows, int64_t columns) {
    if (rows > rows_) *this = Matrix(rows, columns);
  }

  /// Forgets the rows from `rows` on; the memory stays.
  void drop_rows(int64_t rows) { rows_ = rows; }

 private:
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<float[], Free>;

  static Memory allocate(int64_t n) {
    // Large arrays start on a huge page and ask for more of them: a sweep over 40 MB in
    // pages of 4 kB spends much of its time on address translation.
    constexpr size_t kHugePage = size_t{2} << 20;
    const size_t bytes = sizeof(float) * static_cast<size_t>(n);
    const size_t alignment = bytes >= kHugePage ? kHugePage : sizeof(float) * kLine;
    const size_t whole = (bytes + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, whole);
    if (memory == nullptr) throw std::bad_alloc();
#ifdef __linux__
    if (alignment == kHugePage) madvise(memory, whole, MADV_HUGEPAGE);
#endif
    std::memset(memory, 0, whole);
    return Memory(static_cast<float*>(memory));
  }

  int64_t rows_ = 0;
  int64_t columns_ = 0;
  Memory data_;
};

/// A trained array with its gradient and Adam's moments.
struct Parameter {
  Matrix value, gradient, first_moment, second_moment;

  Parameter() = default;
  Parameter(int64_t rows, int64_t columns)
      : value(rows, columns),
        gradient(rows, columns),
        first_moment(rows, columns),
        second_moment(rows, columns) {}

  bool empty() const { return value.empty(); }
};

}  // namespace deepcme
