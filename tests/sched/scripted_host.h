// A FakeHost whose tasks are functions.
#ifndef JIFFY_TESTS_SCHED_SCRIPTED_HOST_H_
#define JIFFY_TESTS_SCHED_SCRIPTED_HOST_H_

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "tests/arch/known_stack.h"
#include "tests/sched/fake_host.h"

namespace jiffy::sched {

// Each task runs a function of the test on a stack of its own, so that calls
// that sleep in the middle can be tested as they are used. Time passes only in
// Work(), tick by tick, and while the CPU idles: all runs are identical.
class ScriptedHost : public FakeHost {
 public:
  using FakeHost::FakeHost;

  // Makes a task that runs `body` and exits.
  FakeTask* Spawn(std::string_view name, std::function<void()> body,
                  TaskParams params = {});

  // Runs the machine until `jiffy`. The task on the CPU stops where it is; the
  // next call continues from there.
  void RunUntil(uint64_t jiffy);

  // To be called by the tasks' functions.

  // Uses `ticks` ticks of CPU time.
  void Work(int ticks);
  // Blocks the calling task for `ticks` ticks.
  void Sleep(uint64_t ticks);

 protected:
  void SwitchTo(FakeTask* next) override;

 private:
  struct Context {
    ucontext_t registers;
    std::unique_ptr<char[]> stack;
    std::optional<KnownStack> known_stack;
    std::function<void()> body;
  };

  static void Main();
  // Returns the context of a task; for nullptr, the context of the test, which
  // is also that of the idle task.
  ucontext_t& ContextOf(const FakeTask* task);

  std::map<const FakeTask*, std::unique_ptr<Context>> contexts_;
  ucontext_t test_;
  uint64_t stop_at_ = 0;
};

}  // namespace jiffy::sched

#endif  // JIFFY_TESTS_SCHED_SCRIPTED_HOST_H_
