// Training of one network, or of several that share the sweep over the first layer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "head.hpp"
#include "kernels.hpp"
#include "matrix.hpp"

namespace deepcme {

/// How the first layer's weights follow their gradient.
enum class Rule {
  adam,
  // Momentum divided by the root mean square of the gradient per hidden unit across
  // genes: unlike Adam, it leaves the genes' gradients their relative sizes.
  unit_momentum,
};

/// The samples: X (samples x genes, row-major), which is never copied, outcomes, weights and
/// what is added to their logits (empty for nothing).
struct Samples {
  const float* x;
  int64_t n, n_genes;
  std::vector<float> outcome, weight, offset;
};

/// One pass over training rows; see `Epoch` in training.py.
struct EpochPlan {
  const int64_t* rows;
  const int64_t* offsets;
  int64_t n_batches;
  std::vector<const uint8_t*> kept;
};

class Trainer {
 public:
  Trainer(Samples samples, const Settings& settings, Rule rule, float learning_rate,
          float penalty, const Kernels& kernels);

  /// One step per batch; returns the mean loss of a member without the penalty. `poll` is
  /// called between steps and may throw.
  double train_epoch(const EpochPlan& plan, const std::function<void()>& poll);

  /// Logits of rows of X in evaluation mode, (rows x members).
  void infer(const int64_t* rows, int64_t n, float* logits);

  /// The array of one member as `NetworkWeights` names it.
  Span array(int64_t member, const std::string& name, Content content);

  /// To be called once the first layer's weights were written from outside.
  void forget_products() { known_.clear(); }

  /// Deletes all genes but `kept` (ascending), multiplies the weights of each by its
  /// factor, and goes on with `x`, which has the columns that are left.
  void keep_genes(const float* x, const std::vector<int64_t>& kept,
                  const std::vector<float>& factors);

  const Settings& settings() const { return settings_; }
  int64_t n_samples() const { return samples_.n; }
  int64_t n_genes() const { return samples_.n_genes; }
  int64_t n_steps() const { return n_steps_; }
  void set_n_steps(int64_t n) { n_steps_ = n; }

 private:
  int64_t n_chunks() const;
  GeneRange chunk(int64_t index) const;
  FirstLayer first_layer();
  void reserve(int64_t batch_size);

  AdamStep adam_step(float penalty) const;
  void gather_outcomes(Batch batch);
  double train_heads(const EpochPlan& plan, int64_t first, int64_t n);
  void update_first_layer(Batch batch, Batch ahead);
  void update_with_adam(Batch batch, Batch ahead);
  void update_with_unit_momentum(Batch batch, Batch ahead);
  void set_rates();
  void forward(Batch batch);
  void remember(Batch batch);
  bool recall(Batch batch);

  template <class Work>
  void sum_over_chunks(Matrix& sum, int64_t n_rows, Work&& work);
  Span member_part(Matrix& matrix, int64_t member, int64_t n_rows) const;

  Samples samples_;
  Settings settings_;
  Rule rule_;
  float learning_rate_, penalty_;
  const Kernels& kernels_;
  int64_t n_steps_ = 0;

  Matrix weight_, first_moment_, second_moment_;  // genes x hidden units of all members
  Matrix mean_square_, rate_;                     // per hidden unit, for unit_momentum
  std::vector<Head> heads_;

  Outcomes outcomes_;                  // of the batch
  Matrix product_, product_gradient_;  // batch x hidden units
  // Products of samples with the weights as they are now, and which are known: rows that were
  // evaluated after an epoch and come first in the next need no sweep of their own.
  Matrix known_product_;  // samples x hidden units
  std::vector<uint8_t> known_;
  Matrix squares_;                     // 1 x hidden units
  Matrix partial_sums_;                // one block of rows per chunk of genes
  Matrix scratch_;                     // one row per thread
};

}  // namespace deepcme
