// Loops over independent tasks, on as many threads as OpenMP grants when they start.
//
// The tasks and the order in which their results are added never depend on the number of
// threads, so that neither do the results.
#pragma once

#include <cstdint>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace deepcme {

inline int max_threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

inline int thread_index() {
#ifdef _OPENMP
  return omp_get_thread_num();
#else
  return 0;
#endif
}

/// Calls task(0) ... task(n - 1), in parallel where `worthwhile`: waking a thread takes
/// microseconds. Tasks must not throw.
template <class Task>
void for_each_task(int64_t n, bool worthwhile, Task&& task) {
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) if (worthwhile && n > 1)
#else
  static_cast<void>(worthwhile);
#endif
  for (int64_t index = 0; index < n; ++index) task(index);
}

}  // namespace deepcme
