#include "cox_loss.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace deepcme {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A weighted sum of exponentials, kept relative to the largest so that none overflows.
class ExponentialSum {
 public:
  void add(double exponent, double weight) {
    if (exponent > largest_) {
      sum_ *= std::exp(largest_ - exponent);
      largest_ = exponent;
    }
    sum_ += weight * std::exp(exponent - largest_);
  }

  void add(const ExponentialSum& other) { add(other.largest_, other.sum_); }

  /// The logarithm of this and a part of another.
  double log_with(double part, const ExponentialSum& other) const {
    ExponentialSum both = *this;
    both.add(other.largest_, part * other.sum_);
    return both.largest_ + std::log(both.sum_);
  }

 private:
  double largest_ = -kInfinity, sum_ = 0;
};

/// How much of the events of a tie is at risk when all but the first `earlier` are left.
double part_left(const Tie& tie, int64_t earlier) {
  return 1 - static_cast<double>(earlier) / static_cast<double>(tie.end - tie.begin);
}

}  // namespace

void order_by_time(Outcomes& outcomes) {
  const std::vector<float>& outcome = outcomes.outcome;
  std::vector<int64_t>& order = outcomes.order;
  order.clear();
  for (int64_t row = 0; row < outcomes.size(); ++row)
    if (outcomes.weight[row] > 0) order.push_back(row);
  std::sort(order.begin(), order.end(), [&outcome](int64_t a, int64_t b) {
    const float time_a = std::abs(outcome[a]), time_b = std::abs(outcome[b]);
    if (time_a != time_b) return time_a > time_b;
    return outcome[a] != outcome[b] ? outcome[a] < outcome[b] : a < b;
  });
  outcomes.ties.clear();
  const int64_t n = static_cast<int64_t>(order.size());
  for (int64_t begin = 0, end; begin < n; begin = end) {
    double weight = 0;
    for (end = begin; end < n && outcome[order[end]] == outcome[order[begin]]; ++end)
      weight += outcomes.weight[order[end]];
    if (outcome[order[begin]] > 0)
      outcomes.ties.push_back({begin, end, weight / static_cast<double>(end - begin)});
  }
}

double cox_loss(const double* logits, const Outcomes& outcomes, double* gradient) {
  const std::vector<int64_t>& order = outcomes.order;
  const std::vector<float>& weight = outcomes.weight;
  std::fill_n(gradient, outcomes.size(), 0.0);

  // Back in time, so that those at risk only become more. The logarithm of their sum at each
  // event waits in its place of the gradient.
  double loss = 0;
  ExponentialSum at_risk;
  int64_t position = 0;
  for (const Tie& tie : outcomes.ties) {
    for (; position < tie.begin; ++position)
      at_risk.add(logits[order[position]], weight[order[position]]);
    ExponentialSum own;
    for (; position < tie.end; ++position) {
      const int64_t row = order[position];
      own.add(logits[row], weight[row]);
      loss -= weight[row] * logits[row];
    }
    for (int64_t i = tie.begin; i < tie.end; ++i) {
      const double log_sum = at_risk.log_with(part_left(tie, i - tie.begin), own);
      gradient[order[i]] = log_sum;
      loss += tie.count * log_sum;
    }
    at_risk.add(own);
  }

  // Forward in time, with the cumulative hazard so far. It is kept times those at risk, who
  // become fewer from event to event, so that it cannot overflow.
  double log_at_risk = kInfinity, hazard = 0;
  const auto bear = [&](int64_t begin, int64_t end, double borne) {
    for (int64_t i = begin; i < end; ++i)
      gradient[order[i]] = weight[order[i]] * std::exp(logits[order[i]] - log_at_risk) * borne;
  };
  int64_t end = static_cast<int64_t>(order.size());
  for (size_t t = outcomes.ties.size(); t-- > 0;) {
    const Tie& tie = outcomes.ties[t];
    bear(tie.end, end, hazard);
    double of_events = hazard;
    for (int64_t i = tie.begin; i < tie.end; ++i) {
      const double log_sum = gradient[order[i]];
      const double fewer = std::exp(log_sum - log_at_risk);
      hazard = hazard * fewer + tie.count;
      of_events = of_events * fewer + tie.count * part_left(tie, i - tie.begin);
      log_at_risk = log_sum;
    }
    bear(tie.begin, tie.end, of_events);
    for (int64_t i = tie.begin; i < tie.end; ++i) gradient[order[i]] -= weight[order[i]];
    end = tie.begin;
  }
  bear(0, end, hazard);
  return loss;
}

}  // namespace deepcme
