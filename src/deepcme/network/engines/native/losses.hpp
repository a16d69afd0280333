// The losses that a network is trained by: one row of a table each, as in losses.py.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace deepcme {

/// The events of a batch at one time, among `Outcomes::order`, and how often each counts.
struct Tie {
  int64_t begin, end;
  double count;
};

/// What a loss is told of the rows of a batch beside their logits.
struct Outcomes {
  std::vector<float> outcome, weight;
  std::vector<float> offset;   // added to the logits; empty without one
  std::vector<int64_t> order;  // by time, and the ties: what `Loss::prepare` finds
  std::vector<Tie> ties;

  int64_t size() const { return static_cast<int64_t>(outcome.size()); }
};

struct Loss {
  const char* name;
  /// Sums the loss over a batch, and fills the gradient of that sum by each row's logit.
  double (*sum)(const double* logits, const Outcomes& outcomes, double* gradient);
  /// What can be found before there are logits, once for all members; may be null.
  void (*prepare)(Outcomes& outcomes);
  /// Outcomes are times, as `encode_times` has them: a constant has no say, so that the
  /// output has no bias.
  bool of_times;
};

/// The loss of a name; throws std::invalid_argument if there is none.
const Loss& find_loss(const std::string& name);

}  // namespace deepcme
