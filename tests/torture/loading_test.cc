// Threads that start while another one loads a library: ld.so holds its lock
// while constructors run, and these may wait for threads.
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/torture/library.h"

namespace jiffy::torture {
namespace {

struct Setting {
  std::string scheduler;
  bool preempt;
};

class LoadingTest : public ::testing::TestWithParam<Setting> {
 protected:
  // Loads a library in a run whose first function is `fn`; the library's
  // constructor calls `when_loaded`.
  template <typename F>
  void Load(void (*when_loaded)(), F fn) {
    for (const Library::Kind kind :
         {Library::Kind::kDynamic, Library::Kind::kInitialExec}) {
      CallWhenLoaded(when_loaded);
      called = 0;
      const absl::Status status = jiffy::Run({.scheduler = GetParam().scheduler,
                                              .preempt = GetParam().preempt,
                                              .late_static_tls = true},
                                             [&] {
                                               fn();
                                               const Library library(kind);
                                               EXPECT_TRUE(library.ok())
                                                   << library.error();
                                             });
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_EQ(called, 1);
      CallWhenLoaded(nullptr);
    }
  }

  static inline int called = 0;
  static inline std::optional<Event> set_by_a_thread;
};

TEST_P(LoadingTest, ConstructorJoinsAThread_ItRuns) {
  Load([] { Thread([] { ++called; }).Join().IgnoreError(); }, [] {});
}

TEST_P(LoadingTest, ConstructorWaitsForAnEarlierThread_ItRuns) {
  Load(
      [] {
        set_by_a_thread->Wait();
        ++called;
      },
      [] {
        set_by_a_thread.emplace();
        Thread([] { set_by_a_thread->Set(); }).Detach().IgnoreError();
      });
}

INSTANTIATE_TEST_SUITE_P(
    Policies, LoadingTest,
    ::testing::Values(Setting{"rr", false}, Setting{"rr", true},
                      Setting{"cfs", false}, Setting{"cfs", true}),
    [](const ::testing::TestParamInfo<Setting>& info) {
      return info.param.scheduler + (info.param.preempt ? "Preempted" : "");
    });

}  // namespace
}  // namespace jiffy::torture
