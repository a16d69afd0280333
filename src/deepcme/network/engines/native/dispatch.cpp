#include "dispatch.hpp"

#include <stdexcept>

namespace deepcme {

#if defined(__x86_64__)
extern const Kernels kernels_x86_64_v4;
extern const Kernels kernels_x86_64_v3;
extern const Kernels kernels_x86_64;
#elif defined(__aarch64__)
extern const Kernels kernels_neon;
#else
extern const Kernels kernels_generic;
#endif

namespace {

struct Level {
  std::string name;
  const Kernels* kernels;
  bool is_supported;
};

std::vector<Level> levels() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool has_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return {{"x86-64-v4", &kernels_x86_64_v4, has_v4},
          {"x86-64-v3", &kernels_x86_64_v3, has_v3},
          {"x86-64", &kernels_x86_64, true}};
#elif defined(__aarch64__)
  return {{"neon", &kernels_neon, true}};
#else
  return {{"generic", &kernels_generic, true}};
#endif
}

}  // namespace

std::vector<std::string> supported_levels() {
  std::vector<std::string> names;
  for (const Level& level : levels())
    if (level.is_supported) names.push_back(level.name);
  return names;
}

const Kernels& kernels_of(const std::string& name) {
  for (const Level& level : levels())
    if (level.is_supported && level.name == name) return *level.kernels;
  throw std::invalid_argument("This CPU does not run the instruction set " + name + ".");
}

}  // namespace deepcme
