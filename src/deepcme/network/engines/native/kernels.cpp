// The kernels of kernels.hpp, compiled once per instruction set with DEEPCME_KERNELS set to
// the name of the table. No standard library here: its templates, compiled for a newer
// instruction set, could be the copy the linker keeps for everyone.
#include "kernels.hpp"

#include "prefetch.hpp"
#include "simd.hpp"

namespace deepcme {
namespace {

constexpr float kDecayFirst = 0.9f;  // Adam's beta1
constexpr float kGainFirst = static_cast<float>(1 - 0.9);
constexpr float kDecaySecond = 0.999f;  // Adam's beta2
constexpr float kGainSecond = static_cast<float>(1 - 0.999);
constexpr float kAdamEpsilon = 1e-8f;
constexpr float kBatchNormEpsilon = 1e-5f;
constexpr float kBatchNormMomentum = 0.1f;

/// Treats numbers below 1e-38 as zero while it lives. The moments of a unit that no longer
/// learns decay into that range, where each operation would take a hundred times as long.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : saved_(__builtin_ia32_stmxcsr()) {
    __builtin_ia32_ldmxcsr(saved_ | 0x8040);
  }
  ~FlushDenormals() { __builtin_ia32_ldmxcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__)
  FlushDenormals() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    __asm__ volatile("msr fpcr, %0" : : "r"(saved_ | (1ull << 24)));
  }
  ~FlushDenormals() { __asm__ volatile("msr fpcr, %0" : : "r"(saved_)); }

 private:
  unsigned long long saved_;
#endif
};

// ---- Adam ------------------------------------------------------------------------------

struct AdamUpdate {
  float* weight;
  float* first_moment;
  float* second_moment;
  AdamStep step;

  DEEPCME_INLINE void operator()(int64_t at, Vector gradient) const {
    Vector w = load(weight + at);
    Vector m = load(first_moment + at);
    Vector v = load(second_moment + at);
    gradient += signed_like(w, broadcast(step.penalty));
    m = kDecayFirst * m + kGainFirst * gradient;
    v = kDecaySecond * v + kGainSecond * (gradient * gradient);
    w -= step.step_size * (m / (square_root(v) * step.root_factor + kAdamEpsilon));
    store(weight + at, w);
    store(first_moment + at, m);
    store(second_moment + at, v);
  }
};

void adam(float* weight, float* first_moment, float* second_moment, const float* gradient,
          int64_t n, const AdamStep& step) {
  const FlushDenormals flush;
  const AdamUpdate update{weight, first_moment, second_moment, step};
  for (int64_t i = 0; i < n; i += kLanes) update(i, load(gradient + i));
}

// ---- The first layer -------------------------------------------------------------------

/// Copies a tile of a batch's rows side by side: in X they lie a whole row apart, often at
/// distances that compete for the same lines of cache.
DEEPCME_INLINE void gather_tile(const FirstLayer& layer, GeneRange tile, Batch batch,
                                float* gathered) {
  const int64_t n_genes = tile.end - tile.begin;
  for (int64_t r = 0; r < batch.size; ++r) {
    const float* from = layer.x + batch.rows[r] * layer.n_genes + tile.begin;
    float* to = gathered + r * kTile;
    if (n_genes == kTile) {
#pragma GCC unroll 8
      for (int64_t g = 0; g < kTile; g += kLanes) {
        store(to + g, load(from + g));
      }
    } else {
      for (int64_t g = 0; g < n_genes; ++g) to[g] = from[g];
    }
  }
}

/// Forms the gradient of a tile's weights and hands it on, a register at a time, as
/// update(position in the weights, hidden unit, gradient).
template <class Update>
DEEPCME_INLINE void for_each_gradient(const FirstLayer& layer, GeneRange tile, Batch batch,
                                      const float* gradient, float* scratch,
                                      Update&& update) {
  gather_tile(layer, tile, batch, scratch);
  for_each_block(tile.end - tile.begin, layer.stride,
                 [&](int64_t unit, int64_t gene, auto block) __attribute__((always_inline)) {
    const PrefetchForGradient prefetch(block, layer, tile, batch, gene, unit);
    block.clear();
    block.accumulate(scratch + gene, 1, kTile, gradient + unit, layer.stride, batch.size,
                     prefetch);
    int64_t row = (tile.begin + gene) * layer.stride + unit;
#pragma GCC unroll 8
    for (auto& sums : block.sum) {
      int64_t lane = 0;
#pragma GCC unroll 4
      for (Vector sum : sums) {
        update(row + lane, unit + lane, sum);
        lane += kLanes;
      }
      row += layer.stride;
    }
  });
}

DEEPCME_INLINE void forward_tile(const FirstLayer& layer, GeneRange tile, Batch batch,
                                 float* sum, float* scratch) {
  gather_tile(layer, tile, batch, scratch);
  const float* weight = layer.weight + tile.begin * layer.stride;
  for_each_block(batch.size, layer.stride,
                 [&](int64_t unit, int64_t row, auto block) __attribute__((always_inline)) {
    float* part = sum + row * layer.stride + unit;
    const PrefetchForForward prefetch(block, layer, tile, batch.rows + row, unit);
    block.load_from(part, layer.stride);
    block.accumulate(scratch + row * kTile, kTile, 1, weight + unit, layer.stride,
                     tile.end - tile.begin, prefetch);
    block.store_to(part, layer.stride);
  });
}

template <class Body>
DEEPCME_INLINE void for_each_tile(GeneRange genes, Body&& body) {
  const FlushDenormals flush;
  for (int64_t begin = genes.begin; begin < genes.end; begin += kTile) {
    const int64_t end = begin + kTile < genes.end ? begin + kTile : genes.end;
    body(GeneRange{begin, end});
  }
}

void adam_then_forward(const FirstLayer& layer, GeneRange genes, Batch batch,
                       const float* gradient, const AdamStep& step, Batch ahead,
                       float* ahead_sum, float* scratch) {
  const AdamUpdate update{layer.weight, layer.first_moment, layer.second_moment, step};
  for_each_tile(genes, [&](GeneRange tile) __attribute__((always_inline)) {
    for_each_gradient(layer, tile, batch, gradient, scratch,
                      [&](int64_t at, int64_t, Vector g) __attribute__((always_inline)) {
      update(at, g);
    });
    forward_tile(layer, tile, ahead, ahead_sum, scratch);
  });
}

void move_momentum(const FirstLayer& layer, GeneRange genes, Batch batch,
                   const float* gradient, float* squares, float* scratch) {
  for_each_tile(genes, [&](GeneRange tile) __attribute__((always_inline)) {
    for_each_gradient(layer, tile, batch, gradient, scratch,
                      [&](int64_t at, int64_t unit, Vector g) __attribute__((always_inline)) {
      const Vector momentum = load(layer.first_moment + at);
      store(layer.first_moment + at, kDecayFirst * momentum + kGainFirst * g);
      store(squares + unit, load(squares + unit) + g * g);
    });
  });
}

void follow_momentum_then_forward(const FirstLayer& layer, GeneRange genes, const float* rate,
                                  Batch ahead, float* ahead_sum, float* scratch) {
  for_each_tile(genes, [&](GeneRange tile) __attribute__((always_inline)) {
    for (int64_t gene = tile.begin; gene < tile.end; ++gene) {
      float* weight = layer.weight + gene * layer.stride;
      const float* momentum = layer.first_moment + gene * layer.stride;
      for (int64_t unit = 0; unit < layer.stride; unit += kLanes) {
        const Vector step = load(rate + unit) * load(momentum + unit);
        store(weight + unit, load(weight + unit) - step);
      }
    }
    forward_tile(layer, tile, ahead, ahead_sum, scratch);
  });
}

void forward(const FirstLayer& layer, GeneRange genes, Batch batch, float* sum,
             float* scratch) {
  for_each_tile(genes, [&](GeneRange tile) __attribute__((always_inline)) {
    forward_tile(layer, tile, batch, sum, scratch);
  });
}

// ---- The upper layers ------------------------------------------------------------------

/// Four rows and columns at a time: a whole column of a matrix whose rows are a power of
/// two long would compete for a few places in the cache.
void transpose(const float* from, int64_t from_stride, int64_t n_rows, int64_t n_columns,
               float* to, int64_t to_stride) {
  int64_t row = 0;
  for (; row + 4 <= n_rows; row += 4) {
    int64_t column = 0;
    for (; column + 4 <= n_columns; column += 4)
      transpose_square(from + row * from_stride + column, from_stride,
                       to + column * to_stride + row, to_stride);
    for (; column < n_columns; ++column)
      for (int64_t r = row; r < row + 4; ++r)
        to[column * to_stride + r] = from[r * from_stride + column];
  }
  for (; row < n_rows; ++row)
    for (int64_t column = 0; column < n_columns; ++column)
      to[column * to_stride + row] = from[row * from_stride + column];
}

void multiply(const Product& p) {
  const FlushDenormals flush;
  for_each_block(p.n_rows, p.n_columns,
                 [&](int64_t column, int64_t row, auto block) __attribute__((always_inline)) {
    block.clear();
    block.accumulate(p.a + row * p.a_row_stride, p.a_row_stride, p.a_inner_stride,
                     p.b + column, p.b_stride, p.n_inner, Nothing{});
    block.store_to(p.c + row * p.c_stride + column, p.c_stride);
  });
}

/// Mean and inverse deviation of each unit over the batch, and their running averages.
void batch_statistics(const Activation& a) {
  const FlushDenormals flush;
  const float n = static_cast<float>(a.n_rows);
  float* __restrict mean = a.mean;
  float* __restrict spread = a.inverse_deviation;
  for (int64_t unit = 0; unit < a.width; ++unit) mean[unit] = spread[unit] = 0;
  for (int64_t row = 0; row < a.n_rows; ++row) {
    const float* __restrict input = a.input + row * a.input_stride;
    for (int64_t unit = 0; unit < a.width; ++unit) mean[unit] += input[unit];
  }
  for (int64_t unit = 0; unit < a.width; ++unit) mean[unit] /= n;
  for (int64_t row = 0; row < a.n_rows; ++row) {
    const float* __restrict input = a.input + row * a.input_stride;
    for (int64_t unit = 0; unit < a.width; ++unit) {
      const float difference = input[unit] - mean[unit];
      spread[unit] += difference * difference;
    }
  }
  float* __restrict running_mean = a.running_mean;
  float* __restrict running_var = a.running_var;
  for (int64_t unit = 0; unit < a.width; ++unit) {
    running_mean[unit] += kBatchNormMomentum * (mean[unit] - running_mean[unit]);
    running_var[unit] += kBatchNormMomentum * (spread[unit] / (n - 1) - running_var[unit]);
    spread[unit] = 1 / __builtin_sqrtf(spread[unit] / n + kBatchNormEpsilon);
  }
}

void running_statistics(const Activation& a) {
  for (int64_t unit = 0; unit < a.width; ++unit) {
    a.mean[unit] = a.running_mean[unit];
    a.inverse_deviation[unit] = 1 / __builtin_sqrtf(a.running_var[unit] + kBatchNormEpsilon);
  }
}

DEEPCME_INLINE void normalise_row(const Activation& a, const float* __restrict input,
                                  float* __restrict normalised, float* __restrict output) {
  const float* __restrict mean = a.mean;
  const float* __restrict inverse_deviation = a.inverse_deviation;
  const float* __restrict scale = a.scale;
  const float* __restrict shift = a.shift;
  for (int64_t unit = 0; unit < a.width; ++unit) {
    normalised[unit] = (input[unit] - mean[unit]) * inverse_deviation[unit];
    output[unit] = scale[unit] * normalised[unit] + shift[unit];
  }
}

void activate(const Activation& a) {
  const FlushDenormals flush;
  const float kept_factor = a.kept_factor;
  for (int64_t row = 0; row < a.n_rows; ++row) {
    const float* __restrict input = a.input + row * a.input_stride;
    float* __restrict output = a.output + row * a.stride;
    if (a.normalised != nullptr) {
      normalise_row(a, input, a.normalised + row * a.stride, output);
    } else {
      for (int64_t unit = 0; unit < a.width; ++unit) output[unit] = input[unit] + a.bias[unit];
    }
    if (a.kept != nullptr) {
      const uint8_t* __restrict kept = a.kept + row * a.kept_stride;
      for (int64_t unit = 0; unit < a.width; ++unit) output[unit] *= kept[unit] * kept_factor;
    }
    // Written so that NaN stays NaN: the loss must show it.
    for (int64_t unit = 0; unit < a.width; ++unit)
      output[unit] = output[unit] < 0 ? 0 : output[unit];
  }
}

/// Takes the gradient back through ReLU, Dropout and bias, or the scale and shift of the
/// normalisation. A positive output was kept, so the mask is not needed again.
DEEPCME_INLINE void gradient_before_activation(const Activation& a,
                                               const ActivationGradient& g) {
  const float kept_factor = a.kept_factor;
  for (int64_t row = 0; row < a.n_rows; ++row) {
    const float* __restrict output = a.output + row * a.stride;
    float* __restrict gradient = g.output_gradient + row * a.stride;
    for (int64_t unit = 0; unit < a.width; ++unit)
      gradient[unit] = output[unit] > 0 ? gradient[unit] * kept_factor : 0;
    float* __restrict shift = a.normalised != nullptr ? g.shift : g.bias;
    for (int64_t unit = 0; unit < a.width; ++unit) shift[unit] += gradient[unit];
    if (a.normalised == nullptr) continue;
    float* __restrict scale = g.scale;
    const float* __restrict normalised = a.normalised + row * a.stride;
    for (int64_t unit = 0; unit < a.width; ++unit)
      scale[unit] += gradient[unit] * normalised[unit];
  }
}

/// The gradient of a batch normalisation's input: mean and variance depend on every row.
DEEPCME_INLINE void gradient_before_normalisation(const Activation& a,
                                                  const ActivationGradient& g) {
  const float per_row = 1 / static_cast<float>(a.n_rows);
  const float* __restrict scale = a.scale;
  const float* __restrict inverse_deviation = a.inverse_deviation;
  const float* __restrict scale_gradient = g.scale;
  const float* __restrict shift_gradient = g.shift;
  for (int64_t row = 0; row < a.n_rows; ++row) {
    const float* __restrict gradient = g.output_gradient + row * a.stride;
    const float* __restrict normalised = a.normalised + row * a.stride;
    float* __restrict input_gradient = g.input_gradient + row * g.input_gradient_stride;
    for (int64_t unit = 0; unit < a.width; ++unit) {
      const float centred = gradient[unit] - per_row * shift_gradient[unit] -
                            normalised[unit] * per_row * scale_gradient[unit];
      input_gradient[unit] = scale[unit] * inverse_deviation[unit] * centred;
    }
  }
}

void activation_gradient(const Activation& a, const ActivationGradient& g) {
  const FlushDenormals flush;
  gradient_before_activation(a, g);
  if (a.normalised != nullptr) {
    gradient_before_normalisation(a, g);
    return;
  }
  for (int64_t row = 0; row < a.n_rows; ++row)
    for (int64_t unit = 0; unit < a.width; ++unit)
      g.input_gradient[row * g.input_gradient_stride + unit] =
          g.output_gradient[row * a.stride + unit];
}

}  // namespace

extern const Kernels DEEPCME_KERNELS;
const Kernels DEEPCME_KERNELS = {
    .adam_then_forward = adam_then_forward,
    .move_momentum = move_momentum,
    .follow_momentum_then_forward = follow_momentum_then_forward,
    .forward = forward,
    .multiply = multiply,
    .transpose = transpose,
    .adam = adam,
    .batch_statistics = batch_statistics,
    .running_statistics = running_statistics,
    .activate = activate,
    .activation_gradient = activation_gradient,
};

}  // namespace deepcme
