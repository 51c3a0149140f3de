// Common code of the tests of EEVDF: a host of one CPU, and access to the
// policy's data.
#ifndef JIFFY_TESTS_SCHED_EEVDF_FIXTURE_H_
#define JIFFY_TESTS_SCHED_EEVDF_FIXTURE_H_

#include <cstdint>
#include <memory>

#include "gtest/gtest.h"
#include "sched/eevdf.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {

inline constexpr int64_t kMs = 1'000'000;
inline constexpr int64_t kUs = 1'000;

// One CPU, ticks of 1 ms, slices of 0.7 ms.
class EevdfTest : public testing::Test {
 protected:
  static Eevdf::Task& TaskOf(const FakeTask* task) {
    return const_cast<FakeTask*>(task)->Data<Eevdf::Task>();
  }
  Eevdf& policy() { return static_cast<Eevdf&>(host_.scheduler()); }
  int64_t LagOf(const FakeTask* task) {
    return policy().AverageVruntime() - TaskOf(task).vruntime;
  }

  FakeHost host_{std::make_unique<Eevdf>(Eevdf::DefaultOptions(1)), kMs};
};

}  // namespace jiffy::sched

#endif  // JIFFY_TESTS_SCHED_EEVDF_FIXTURE_H_
