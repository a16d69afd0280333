// What this machine can do at best: memory swept in place, multiply-adds, Adam in cache.
// Compiled for this CPU by roofline.py and called through ctypes.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

constexpr int kRepeats = 60;

/// The shortest of many runs: what other programs take of the machine is not its limit.
template <class Work>
double best_seconds(Work&& work) {
  double best = 1e9;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::fmin(best, elapsed.count());
  }
  return best;
}

/// Makes the compiler believe that values are used, so that it computes them.
template <class Values>
void use(const Values& values) {
  asm volatile("" : : "m"(values));
}

}  // namespace

/// Bytes per second, reading and writing three arrays of n floats in place as Adam does.
extern "C" double sweep_bandwidth(int64_t n) {
  std::vector<float> first(n, 1.0f), second(n, 1.0f), third(n, 1.0f);
  float *a = first.data(), *b = second.data(), *c = third.data();
  const double seconds = best_seconds([=] {
#pragma omp parallel for simd schedule(static)
    for (int64_t i = 0; i < n; ++i) {
      a[i] += b[i];
      b[i] += c[i];
      c[i] *= 0.5f;
    }
  });
  return 24.0 * static_cast<double>(n) / seconds;
}

/// Floating-point operations per second in multiply-adds that stay in registers.
extern "C" double multiply_add_rate() {
  constexpr int64_t kSteps = 200'000;
  constexpr int kChains = 12, kWide = 16;  // enough to hide an addition's latency
  typedef float Vector __attribute__((vector_size(4 * kWide)));
  double operations = 0;
  const double seconds = best_seconds([&] {
    operations = 0;
#pragma omp parallel reduction(+ : operations)
    {
      Vector sums[kChains];
      for (int chain = 0; chain < kChains; ++chain) sums[chain] = Vector{} + 0.1f * chain;
      const Vector factor = Vector{} + 0.999f, addend = Vector{} + 1e-6f;
      for (int64_t step = 0; step < kSteps; ++step)
#pragma GCC unroll 16
        for (int chain = 0; chain < kChains; ++chain)
          sums[chain] = sums[chain] * factor + addend;
      use(sums);
      operations = 2.0 * kWide * kChains * kSteps;
    }
  });
  return operations / seconds;
}

/// Adam updates per second of weights that stay in the first-level cache.
extern "C" double adam_rate() {
  constexpr int64_t kWeights = 2048, kSweeps = 400;
  double updates = 0;
  const double seconds = best_seconds([&] {
    updates = 0;
#pragma omp parallel reduction(+ : updates)
    {
      alignas(64) float w[kWeights] = {}, m[kWeights] = {}, v[kWeights] = {}, g[kWeights];
      for (int64_t i = 0; i < kWeights; ++i) g[i] = 1e-3f * static_cast<float>(i + 1);
      for (int64_t sweep = 0; sweep < kSweeps; ++sweep)
#pragma omp simd
        for (int64_t i = 0; i < kWeights; ++i) {
          m[i] = 0.9f * m[i] + 0.1f * g[i];
          v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
          w[i] -= 1e-4f * m[i] / (std::sqrt(v[i]) * 1.001f + 1e-8f);
        }
      use(w);
      updates = static_cast<double>(kWeights * kSweeps);
    }
  });
  return updates / seconds;
}
