#include "tests/sched/scripted_host.h"

#include <utility>

#include "gtest/gtest.h"

namespace jiffy::sched {
namespace {

// Room for a failing EXPECT, which prints.
constexpr size_t kStackSize = size_t{256} * 1024;

}  // namespace

FakeTask* ScriptedHost::Spawn(std::string_view name, std::function<void()> body,
                              TaskParams params) {
  FakeTask* const task = FakeHost::Spawn(name, params);
  if (task == nullptr) return nullptr;
  auto context = std::make_unique<Context>();
  context->stack = std::make_unique<char[]>(kStackSize);
  context->known_stack.emplace(context->stack.get(), kStackSize);
  context->body = std::move(body);
  getcontext(&context->registers);
  context->registers.uc_stack.ss_sp = context->stack.get();
  context->registers.uc_stack.ss_size = kStackSize;
  makecontext(&context->registers, &ScriptedHost::Main, 0);
  contexts_[task] = std::move(context);
  return task;
}

void ScriptedHost::Main() {
  // makecontext passes no pointers, so the host comes from CurrentHost().
  auto* const host = static_cast<ScriptedHost*>(CurrentHost());
  host->contexts_[host->current()]->body();
  host->ExitCurrent();  // Does not return.
}

void ScriptedHost::RunUntil(uint64_t jiffy) {
  stop_at_ = jiffy;
  if (current() == nullptr) Dispatch();
  while (Jiffies() < stop_at_) {
    if (current() == nullptr) {
      Ticks(1);
    } else {
      swapcontext(&test_, &ContextOf(current()));
    }
  }
}

void ScriptedHost::Work(int ticks) {
  const FakeTask* const self = current();
  for (int i = 0; i < ticks; ++i) {
    if (Jiffies() >= stop_at_) swapcontext(&ContextOf(self), &test_);
    Ticks(1);
    ASSERT_EQ(current(), self);
  }
}

void ScriptedHost::Sleep(uint64_t ticks) {
  FakeTask& self = *current();
  At(Jiffies() + ticks, [this, &self] { Wake(self); });
  PreemptDisable();
  Block();
  PreemptEnable();
}

void ScriptedHost::SwitchTo(FakeTask* next) {
  FakeTask* const previous = current();
  FakeHost::SwitchTo(next);
  if (next != previous) swapcontext(&ContextOf(previous), &ContextOf(next));
}

ucontext_t& ScriptedHost::ContextOf(const FakeTask* task) {
  return task == nullptr ? test_ : contexts_.at(task)->registers;
}

}  // namespace jiffy::sched
