#include "trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "parallel.hpp"

namespace deepcme {
namespace {

constexpr double kAdamBeta1 = 0.9;
constexpr double kAdamBeta2 = 0.999;
constexpr double kUnitDecay = 0.99;
constexpr double kUnitEpsilon = 1e-12;

/// The genes are cut into chunks, each the work of one thread, whose sums are added in
/// order. Their number depends on the genes alone, so the bytes of a result do not depend
/// on the number of threads. A chunk of four tiles outweighs the cost of adding its sum.
constexpr int64_t kMaxChunks = 32;
constexpr int64_t kTilesPerChunk = 4;

/// Rows evaluated at a time.
constexpr int64_t kInferenceRows = 240;

constexpr int64_t kSumBlock = 1024;

}  // namespace

Trainer::Trainer(Samples samples, const Settings& settings, Rule rule, float learning_rate,
                 float penalty, const Kernels& kernels)
    : samples_(std::move(samples)),
      settings_(settings),
      rule_(rule),
      learning_rate_(learning_rate),
      penalty_(penalty),
      kernels_(kernels) {
  const int64_t n_units = settings.widths.front() * settings.n_members;
  weight_ = Matrix(samples_.n_genes, n_units);
  first_moment_ = Matrix(samples_.n_genes, n_units);
  if (rule == Rule::adam) {
    second_moment_ = Matrix(samples_.n_genes, n_units);
  } else {
    mean_square_ = Matrix(1, n_units);
    rate_ = Matrix(1, n_units);
    squares_ = Matrix(1, n_units);
  }
  for (int64_t member = 0; member < settings.n_members; ++member)
    heads_.emplace_back(kernels, settings_);
}

// ---- Training --------------------------------------------------------------------------

double Trainer::train_epoch(const EpochPlan& plan, const std::function<void()>& poll) {
  int64_t largest = 0;
  for (int64_t b = 0; b < plan.n_batches; ++b)
    largest = std::max(largest, plan.offsets[b + 1] - plan.offsets[b]);
  reserve(largest);
  const auto batch = [&plan](int64_t b) {
    if (b == plan.n_batches) return Batch{nullptr, 0};
    return Batch{plan.rows + plan.offsets[b], plan.offsets[b + 1] - plan.offsets[b]};
  };
  if (!recall(batch(0))) forward(batch(0));
  forget_products();
  double loss = 0;
  for (int64_t b = 0; b < plan.n_batches; ++b) {
    ++n_steps_;
    loss += train_heads(plan, plan.offsets[b], batch(b).size);
    update_first_layer(batch(b), batch(b + 1));
    poll();
  }
  return loss / static_cast<double>(plan.offsets[plan.n_batches]);
}

AdamStep Trainer::adam_step(float penalty) const {
  const double t = static_cast<double>(n_steps_);
  return {
      .step_size = static_cast<float>(learning_rate_ / (1 - std::pow(kAdamBeta1, t))),
      .root_factor = static_cast<float>(1 / std::sqrt(1 - std::pow(kAdamBeta2, t))),
      .penalty = penalty,
  };
}

void Trainer::gather_outcomes(Batch batch) {
  const auto gather = [batch](const std::vector<float>& of_samples, std::vector<float>& into) {
    into.clear();
    if (of_samples.empty()) return;
    for (int64_t i = 0; i < batch.size; ++i) into.push_back(of_samples[batch.rows[i]]);
  };
  gather(samples_.outcome, outcomes_.outcome);
  gather(samples_.weight, outcomes_.weight);
  gather(samples_.offset, outcomes_.offset);
  if (settings_.loss.prepare != nullptr) settings_.loss.prepare(outcomes_);
}

/// One step of all that is above the first layer; returns the members' mean summed loss.
double Trainer::train_heads(const EpochPlan& plan, int64_t first, int64_t n) {
  gather_outcomes({plan.rows + first, n});
  double loss = 0;
  for (int64_t member = 0; member < settings_.n_members; ++member) {
    Examples examples{.outcomes = outcomes_, .kept = {}};
    for (size_t layer = 0; layer < plan.kept.size(); ++layer) {
      const int64_t width = settings_.widths[layer];
      examples.kept.push_back(plan.kept[layer] + first * width * settings_.n_members +
                              member * width);
    }
    loss += heads_[member].train(member_part(product_, member, n), examples,
                                 member_part(product_gradient_, member, n).data,
                                 adam_step(0));
  }
  return loss / static_cast<double>(settings_.n_members);
}

void Trainer::update_first_layer(Batch batch, Batch ahead) {
  if (rule_ == Rule::adam)
    update_with_adam(batch, ahead);
  else
    update_with_unit_momentum(batch, ahead);
}

void Trainer::update_with_adam(Batch batch, Batch ahead) {
  const FirstLayer layer = first_layer();
  const AdamStep step = adam_step(penalty_);
  const float* gradient = product_gradient_.data();
  sum_over_chunks(product_, ahead.size, [&](GeneRange genes, float* sum, float* scratch) {
    kernels_.adam_then_forward(layer, genes, batch, gradient, step, ahead, sum, scratch);
  });
}

/// Takes two sweeps, since the divisor depends on the gradients of all genes; together they
/// move no more memory than Adam's one, which has two moments.
void Trainer::update_with_unit_momentum(Batch batch, Batch ahead) {
  const FirstLayer layer = first_layer();
  const float* gradient = product_gradient_.data();
  sum_over_chunks(squares_, 1, [&](GeneRange genes, float* sum, float* scratch) {
    kernels_.move_momentum(layer, genes, batch, gradient, sum, scratch);
  });
  set_rates();
  const float* rate = rate_.data();
  sum_over_chunks(product_, ahead.size, [&](GeneRange genes, float* sum, float* scratch) {
    kernels_.follow_momentum_then_forward(layer, genes, rate, ahead, sum, scratch);
  });
}

void Trainer::set_rates() {
  const double t = static_cast<double>(n_steps_);
  const double step_size = learning_rate_ / (1 - std::pow(kAdamBeta1, t));
  const double correction = 1 - std::pow(kUnitDecay, t);
  for (int64_t unit = 0; unit < rate_.columns(); ++unit) {
    const double square = squares_.data()[unit] / static_cast<double>(n_genes());
    float& mean_square = mean_square_.data()[unit];
    mean_square = static_cast<float>(kUnitDecay * mean_square + (1 - kUnitDecay) * square);
    rate_.data()[unit] =
        static_cast<float>(step_size / (std::sqrt(mean_square / correction) + kUnitEpsilon));
  }
}

// ---- Evaluation ------------------------------------------------------------------------

void Trainer::forward(Batch batch) {
  const FirstLayer layer = first_layer();
  sum_over_chunks(product_, batch.size, [&](GeneRange genes, float* sum, float* scratch) {
    kernels_.forward(layer, genes, batch, sum, scratch);
  });
}

/// Keeps the rows of a product that was just made.
void Trainer::remember(Batch batch) {
  known_product_.reserve_rows(n_samples(), weight_.columns());
  known_.resize(n_samples());
  for (int64_t i = 0; i < batch.size; ++i) {
    known_[batch.rows[i]] = 1;
    std::copy_n(product_.row(i), product_.stride(), known_product_.row(batch.rows[i]));
  }
}

/// Takes a product from those known; false unless all of its rows are.
bool Trainer::recall(Batch batch) {
  const auto is_known = [this](int64_t row) { return known_[row] != 0; };
  if (known_.empty() || !std::all_of(batch.rows, batch.rows + batch.size, is_known))
    return false;
  for (int64_t i = 0; i < batch.size; ++i)
    std::copy_n(known_product_.row(batch.rows[i]), product_.stride(), product_.row(i));
  return true;
}

void Trainer::infer(const int64_t* rows, int64_t n, float* logits) {
  const int64_t n_members = settings_.n_members;
  reserve(std::min(n, kInferenceRows));
  for (int64_t first = 0; first < n; first += kInferenceRows) {
    const Batch batch{rows + first, std::min(kInferenceRows, n - first)};
    forward(batch);
    remember(batch);
    for (int64_t member = 0; member < n_members; ++member)
      heads_[member].infer(member_part(product_, member, batch.size),
                           logits + first * n_members + member, n_members);
  }
}

// ---- Genes and memory ------------------------------------------------------------------

int64_t Trainer::n_chunks() const {
  const int64_t n_tiles = (n_genes() + kTile - 1) / kTile;
  return std::clamp<int64_t>(n_tiles / kTilesPerChunk, 1, kMaxChunks);
}

GeneRange Trainer::chunk(int64_t index) const {
  const int64_t n_tiles = (n_genes() + kTile - 1) / kTile;
  return {n_tiles * index / n_chunks() * kTile,
          std::min(n_tiles * (index + 1) / n_chunks() * kTile, n_genes())};
}

/// Lets `work` add each chunk's part to rows of its own, then adds these up in order.
template <class Work>
void Trainer::sum_over_chunks(Matrix& sum, int64_t n_rows, Work&& work) {
  const int64_t size = n_rows * sum.stride();
  float* const partial = partial_sums_.data();
  for_each_task(n_chunks(), true, [&](int64_t index) {
    float* part = partial + index * size;
    std::fill_n(part, size, 0.0f);
    work(chunk(index), part, scratch_.row(thread_index()));
  });
  const int64_t n_blocks = (size + kSumBlock - 1) / kSumBlock;
  for_each_task(n_blocks, n_blocks * n_chunks() > 64, [&](int64_t block) {
    const int64_t begin = block * kSumBlock, end = std::min(begin + kSumBlock, size);
    float* __restrict total = sum.data();
    std::copy(partial + begin, partial + end, total + begin);
    for (int64_t index = 1; index < n_chunks(); ++index) {
      const float* __restrict part = partial + index * size;
      for (int64_t i = begin; i < end; ++i) total[i] += part[i];
    }
  });
}

FirstLayer Trainer::first_layer() {
  return {
      .x = samples_.x,
      .n_genes = samples_.n_genes,
      .weight = weight_.data(),
      .first_moment = first_moment_.data(),
      .second_moment = second_moment_.data(),
      .stride = weight_.stride(),
  };
}

Span Trainer::member_part(Matrix& matrix, int64_t member, int64_t n_rows) const {
  const int64_t width = settings_.widths.front();
  return {matrix.data() + member * width, n_rows, width, matrix.stride()};
}

/// Makes room for batches of a size and for as many threads as there are now.
void Trainer::reserve(int64_t batch_size) {
  const int64_t n_units = weight_.columns();
  product_.reserve_rows(batch_size, n_units);
  product_gradient_.reserve_rows(batch_size, n_units);
  partial_sums_.reserve_rows(n_chunks() * batch_size, n_units);
  if (scratch_.columns() < scratch_size(batch_size) || scratch_.rows() < max_threads())
    scratch_ = Matrix(max_threads(), scratch_size(batch_size));
  for (Head& head : heads_) head.reserve_rows(batch_size);
}

Span Trainer::array(int64_t member, const std::string& name, Content content) {
  if (name == "blocks.0.weight") {
    Matrix& all = content == Content::value          ? weight_
                  : content == Content::first_moment ? first_moment_
                                                     : second_moment_;
    return member_part(all, member, all.rows());
  }
  return heads_[member].array(name, content);
}

void Trainer::keep_genes(const float* x, const std::vector<int64_t>& kept,
                         const std::vector<float>& factors) {
  const int64_t stride = weight_.stride();
  for (size_t to = 0; to < kept.size(); ++to) {
    // `kept` ascends, so a row is never overwritten before it has been read.
    float* weight = weight_.row(to);
    std::memmove(weight, weight_.row(kept[to]), sizeof(float) * stride);
    for (int64_t unit = 0; unit < stride; ++unit) weight[unit] *= factors[to];
    for (Matrix* moment : {&first_moment_, &second_moment_})
      if (!moment->empty())
        std::memmove(moment->row(to), moment->row(kept[to]), sizeof(float) * stride);
  }
  forget_products();
  const int64_t n_kept = static_cast<int64_t>(kept.size());
  weight_.drop_rows(n_kept);
  first_moment_.drop_rows(n_kept);
  if (!second_moment_.empty()) second_moment_.drop_rows(n_kept);
  samples_.x = x;
  samples_.n_genes = n_kept;
}

}  // namespace deepcme
