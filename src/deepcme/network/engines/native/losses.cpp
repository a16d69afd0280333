#include "losses.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "cox_loss.hpp"

namespace deepcme {
namespace {

double sigmoid(double logit) { return 1 / (1 + std::exp(-logit)); }

/// -y log(p) - (1 - y) log(1 - p) for p = sigmoid(logit), without overflow.
double cross_entropy(const double* logits, const Outcomes& outcomes, double* gradient) {
  double loss = 0;
  for (int64_t row = 0; row < outcomes.size(); ++row) {
    const double logit = logits[row];
    const double y = outcomes.outcome[row], weight = outcomes.weight[row];
    loss += weight *
            (std::max(logit, 0.0) - logit * y + std::log1p(std::exp(-std::abs(logit))));
    gradient[row] = weight * (sigmoid(logit) - y);
  }
  return loss;
}

constexpr Loss kLosses[] = {
    {.name = "cross-entropy", .sum = cross_entropy, .prepare = nullptr, .of_times = false},
    {.name = "cox", .sum = cox_loss, .prepare = order_by_time, .of_times = true},
};

}  // namespace

const Loss& find_loss(const std::string& name) {
  for (const Loss& loss : kLosses)
    if (name == loss.name) return loss;
  throw std::invalid_argument("The native engine has no loss named " + name + ".");
}

}  // namespace deepcme
