// The instruction sets that the kernels were compiled for, and which of them this CPU has.
#pragma once

#include <string>
#include <vector>

#include "kernels.hpp"

namespace deepcme {

/// Names of the levels that run on this CPU, fastest first.
std::vector<std::string> supported_levels();

/// The kernels of a level; throws std::invalid_argument if this CPU cannot run them.
const Kernels& kernels_of(const std::string& level);

}  // namespace deepcme
