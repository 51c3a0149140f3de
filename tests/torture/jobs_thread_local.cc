// thread_local objects: each thread has its own, with their initial values, and
// destroys those that it created.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/thread.h"
#include "tests/torture/jobs.h"

namespace jiffy::torture {
namespace {

constexpr uint64_t kInitial = 0x1234'5678'9abc'def0;

// With a value in the program file, without one, and larger than a page.
thread_local uint64_t initialised = kInitial;
thread_local uint64_t zero;
thread_local std::array<uint64_t, 600> array = {7};

std::atomic<int64_t> constructed{0};
std::atomic<int64_t> destroyed{0};

// Created at a thread's first use, destroyed at its end.
class Object {
 public:
  Object() : self_(this) { constructed.fetch_add(1); }
  ~Object() {
    if (self_ == this) destroyed.fetch_add(1);
    self_ = nullptr;
  }
  bool Intact() const { return self_ == this && text_.size() == added_; }
  void Add(char letter) {
    text_ += letter;
    ++added_;
  }
  size_t added() const { return added_; }

 private:
  const Object* self_;
  std::string text_;
  size_t added_ = 0;
};
thread_local Object object;

// Number of this thread in the run; -1 before its first round.
thread_local int owner = -1;

class ThreadLocalJob final : public Job {
 public:
  explicit ThreadLocalJob(const JobSetting& setting)
      : failures_(*setting.failures),
        balance_(constructed.load() - destroyed.load()) {}

  void Round(JobContext& context) override {
    if (owner == -1) {
      CheckFresh();
      owner = context.thread;
    }
    TORTURE_EXPECT_EQ(failures_, context.thread, owner);
    Use(context.random.Next());
    if (context.random.Below(2) != 0) return;
    // A short-lived thread.
    absl::StatusOr<Thread> thread =
        Thread::Spawn({.stack_size = size_t{64} << 10},
                      [this, value = context.random.Next()] {
                        CheckFresh();
                        Use(value);
                      });
    if (!thread.ok()) return;
    TORTURE_EXPECT(failures_, thread->Join().ok());
  }

  void Finish() override {
    TORTURE_EXPECT_EQ(failures_, balance_,
                      constructed.load() - destroyed.load());
  }

 private:
  void CheckFresh() {
    TORTURE_EXPECT_EQ(failures_, kInitial, initialised);
    TORTURE_EXPECT_EQ(failures_, uint64_t{0}, zero);
    TORTURE_EXPECT_EQ(failures_, uint64_t{7}, array[0]);
    for (size_t i = 1; i < array.size(); ++i) {
      if (array[i] == 0) continue;
      TORTURE_EXPECT_EQ(failures_, uint64_t{0}, array[i]);
      break;
    }
    TORTURE_EXPECT_EQ(failures_, -1, owner);
    TORTURE_EXPECT(failures_, object.Intact());
    TORTURE_EXPECT_EQ(failures_, size_t{0}, object.added());
  }

  void Use(uint64_t value) {
    initialised = value;
    zero = ~value;
    for (uint64_t& element : array) element = value;
    for (int i = 0; i < 20; ++i) {
      object.Add(static_cast<char>('a' + i));
      if (i == 10) this_thread::Yield();
      TORTURE_EXPECT(failures_, object.Intact());
    }
    TORTURE_EXPECT_EQ(failures_, value, initialised);
    TORTURE_EXPECT_EQ(failures_, ~value, zero);
    for (const uint64_t element : array) {
      if (element == value) continue;
      TORTURE_EXPECT_EQ(failures_, value, element);
      break;
    }
  }

  Failures& failures_;
  // Objects that live already: those of OS threads.
  const int64_t balance_;
};

}  // namespace

std::unique_ptr<Job> MakeThreadLocalJob(const JobSetting& setting) {
  return std::make_unique<ThreadLocalJob>(setting);
}

}  // namespace jiffy::torture
