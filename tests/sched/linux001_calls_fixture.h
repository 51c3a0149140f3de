// Tasks that make Linux 0.01's calls and record when these return.
#ifndef JIFFY_TESTS_SCHED_LINUX001_CALLS_FIXTURE_H_
#define JIFFY_TESTS_SCHED_LINUX001_CALLS_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sched/linux001.h"
#include "sched/linux001_calls.h"
#include "tests/sched/scripted_host.h"

namespace jiffy::sched::linux001 {

using Log = std::vector<std::string>;

// With equal counters the highest slot runs: of tasks spawned together, the
// last one runs first.
class Linux001CallsTest : public testing::Test {
 protected:
  static const Linux001::Task& TaskOf(const FakeTask* task) {
    return task->Data<Linux001::Task>();
  }

  // Records that the calling task is here, and when: "A@20".
  void Note() {
    log_.push_back(host_.current_name() + "@" + std::to_string(Jiffies()));
  }

  ScriptedHost host_{std::make_unique<Linux001>()};
  WaitQueue queue_;
  Log log_;
};

}  // namespace jiffy::sched::linux001

#endif  // JIFFY_TESTS_SCHED_LINUX001_CALLS_FIXTURE_H_
