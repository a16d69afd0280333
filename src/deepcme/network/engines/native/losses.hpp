// The losses that a network is trained by: one row of a table each, as in losses.py.
#pragma once

#include <cstdint>
#include <string>

namespace deepcme {

/// What a loss is told of a batch: logit, outcome and weight of each row.
struct Outputs {
  const double* logit;
  const float* outcome;
  const float* weight;
  int64_t n;
};

/// Sums a loss over a batch, and fills the gradient of that sum by each row's logit.
using Loss = double (*)(const Outputs& outputs, double* gradient);

/// The loss of a name; throws std::invalid_argument if there is none.
Loss find_loss(const std::string& name);

}  // namespace deepcme
