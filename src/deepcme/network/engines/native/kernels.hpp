// The arithmetic of training, as a table of functions that exists once per instruction set.
//
// Every matrix is row-major float32 with rows padded to whole cache lines; padding holds
// zeros and stays zero. The first layer's weights are gene-major: the weights of one gene
// to all hidden units lie side by side.
#pragma once

#include <stdint.h>

namespace deepcme {

/// Floats in a cache line: the unit to which rows of matrices are padded.
constexpr int64_t kLine = 16;

/// Genes handled at a time: their weights and moments stay in cache from the gradient of
/// one batch to the pre-activation of the next.
constexpr int64_t kTile = 96;

static constexpr inline int64_t padded(int64_t width) { return (width + kLine - 1) / kLine * kLine; }

/// One Adam update (Kingma & Ba 2015) with the bias corrections of its step number.
struct AdamStep {
  float step_size;    // learning rate / (1 - beta1^t)
  float root_factor;  // 1 / sqrt(1 - beta2^t)
  float penalty;      // size of the L1 subgradient of one weight
};

/// Rows of X that are trained on together.
struct Batch {
  const int64_t* rows;
  int64_t size;
};

/// The first layer: X by rows, weights and moments by genes.
struct FirstLayer {
  const float* x;
  int64_t n_genes;
  float* weight;
  float* first_moment;
  float* second_moment;  // null where the update rule has none per weight
  int64_t stride;        // floats from one gene's weights to the next gene's
};

struct GeneRange {
  int64_t begin, end;
};

/// C = A B or C += A B, with A read at any strides; B and C have padded rows.
struct Product {
  float* c;
  int64_t c_stride;
  const float* a;
  int64_t a_row_stride, a_inner_stride;
  const float* b;
  int64_t b_stride;
  int64_t n_rows, n_inner, n_columns;  // n_columns is a multiple of kLine
};

/// A hidden block between its Linear and the next one, for one batch.
struct Activation {
  int64_t n_rows, width;
  const float* input;  // the Linear's output, without bias
  int64_t input_stride;
  float* output;      // after normalisation or bias, Dropout and ReLU
  float* normalised;  // kept for the gradient; null without BatchNorm
  int64_t stride;     // of output and normalised
  const float* bias;  // null with BatchNorm
  const float* scale;
  const float* shift;
  float* running_mean;
  float* running_var;
  float* mean;               // used by the normalisation: the batch's in training,
  float* inverse_deviation;  // the running one in evaluation
  const uint8_t* kept;  // null without Dropout
  int64_t kept_stride;
  float kept_factor;  // 1 / (1 - dropout)
};

/// Gradients through a hidden block. `output_gradient` is overwritten; the gradients of
/// the parameters are added to.
struct ActivationGradient {
  float* output_gradient;  // same stride as the activation's output
  float* input_gradient;
  int64_t input_gradient_stride;
  float* bias;  // null with BatchNorm
  float* scale;
  float* shift;
};

struct Kernels {
  /// One Adam update of some genes' weights from a batch's pre-activation gradient, and,
  /// while they are in cache, their part of the next batch's pre-activation, added to
  /// `ahead_sum`. Either batch may be empty.
  void (*adam_then_forward)(const FirstLayer&, GeneRange, Batch, const float* gradient,
                            const AdamStep&, Batch ahead, float* ahead_sum, float* scratch);

  /// Moves the momentum of some genes' weights by a batch's gradient, and adds the squares
  /// of that gradient to `squares`, one sum per hidden unit.
  void (*move_momentum)(const FirstLayer&, GeneRange, Batch, const float* gradient,
                        float* squares, float* scratch);

  /// Moves weights along their momentum, at a rate per hidden unit, then works ahead as
  /// `adam_then_forward` does.
  void (*follow_momentum_then_forward)(const FirstLayer&, GeneRange, const float* rate,
                                       Batch ahead, float* ahead_sum, float* scratch);

  /// Adds some genes' part of a batch's pre-activation to `sum`.
  void (*forward)(const FirstLayer&, GeneRange, Batch, float* sum, float* scratch);

  void (*multiply)(const Product&);

  /// to[c, r] = from[r, c].
  void (*transpose)(const float* from, int64_t from_stride, int64_t n_rows, int64_t n_columns,
                    float* to, int64_t to_stride);

  void (*adam)(float* weight, float* first_moment, float* second_moment,
               const float* gradient, int64_t n, const AdamStep&);

  /// Fill `mean` and `inverse_deviation` before `activate`: from the batch, which also
  /// moves the running averages, or from the running averages.
  void (*batch_statistics)(const Activation&);
  void (*running_statistics)(const Activation&);

  void (*activate)(const Activation&);
  void (*activation_gradient)(const Activation&, const ActivationGradient&);
};

/// Floats of scratch memory that the functions above need for batches of a size.
static constexpr inline int64_t scratch_size(int64_t batch_size) { return batch_size * kTile; }

}  // namespace deepcme
