// Minus the log of Cox's partial likelihood of a batch, ties as Efron has them.
#pragma once

#include "losses.hpp"

namespace deepcme {

/// Orders the rows of a weight above 0 by their time, latest first and at one time the
/// censored before the events, and finds the ties of events.
void order_by_time(Outcomes& outcomes);

double cox_loss(const double* logits, const Outcomes& outcomes, double* gradient);

}  // namespace deepcme
