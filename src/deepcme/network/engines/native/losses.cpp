#include "losses.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace deepcme {
namespace {

double sigmoid(double logit) { return 1 / (1 + std::exp(-logit)); }

/// -y log(p) - (1 - y) log(1 - p) for p = sigmoid(logit), without overflow.
double cross_entropy(const Outputs& outputs, double* gradient) {
  double loss = 0;
  for (int64_t row = 0; row < outputs.n; ++row) {
    const double logit = outputs.logit[row];
    const double y = outputs.outcome[row], weight = outputs.weight[row];
    loss += weight *
            (std::max(logit, 0.0) - logit * y + std::log1p(std::exp(-std::abs(logit))));
    gradient[row] = weight * (sigmoid(logit) - y);
  }
  return loss;
}

struct Named {
  const char* name;
  Loss loss;
};

constexpr Named kLosses[] = {
    {"cross-entropy", cross_entropy},
};

}  // namespace

Loss find_loss(const std::string& name) {
  for (const Named& row : kLosses)
    if (name == row.name) return row.loss;
  throw std::invalid_argument("The native engine has no loss named " + name + ".");
}

}  // namespace deepcme
