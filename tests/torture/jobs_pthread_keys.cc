// pthread keys: each thread has its own values, which start as null. Their
// destructors run at its end, and again if they set a value.

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "runtime/thread.h"
#include "tests/torture/jobs.h"

namespace jiffy::torture {
namespace {

// More keys than fit in a thread's first block.
constexpr size_t kKeys = 40;

struct Value {
  // How often the destructor sets it again; libc stops after 4 rounds.
  int lives;
  pthread_key_t key;
  uint64_t tag;
  uint64_t complement;
};

std::atomic<int64_t> values_made{0};
std::atomic<int64_t> values_destroyed{0};
std::atomic<int64_t> bad_values{0};

void DestroyValue(void* pointer) {
  auto* value = static_cast<Value*>(pointer);
  if (value->complement != ~value->tag) bad_values.fetch_add(1);
  if (--value->lives > 0) {
    pthread_setspecific(value->key, value);
    return;
  }
  value->complement = value->tag;
  delete value;
  values_destroyed.fetch_add(1);
}

class PthreadKeyJob final : public Job {
 public:
  explicit PthreadKeyJob(const JobSetting& setting)
      : failures_(*setting.failures) {
    for (pthread_key_t& key : keys_) {
      TORTURE_EXPECT_EQ(failures_, 0, pthread_key_create(&key, &DestroyValue));
    }
    values_made = values_destroyed = bad_values = 0;
  }

  ~PthreadKeyJob() override {
    for (const pthread_key_t key : keys_) pthread_key_delete(key);
  }

  void Round(JobContext& context) override {
    absl::StatusOr<Thread> thread = Thread::Spawn(
        {.stack_size = size_t{64} << 10}, [this, seed = context.random.Next()] {
          for (const pthread_key_t key : keys_) {
            TORTURE_EXPECT(failures_, pthread_getspecific(key) == nullptr);
          }
          UseKeys(seed);
        });
    // This thread's values live until it ends.
    UseKeys(context.random.Next());
    if (!thread.ok()) return;
    TORTURE_EXPECT(failures_, thread->Join().ok());
  }

  void Finish() override {
    TORTURE_EXPECT_EQ(failures_, values_made.load(), values_destroyed.load());
    TORTURE_EXPECT_EQ(failures_, int64_t{0}, bad_values.load());
  }

 private:
  void UseKeys(uint64_t seed) {
    sched::SplitMix64 random(seed);
    std::array<void*, kKeys> set = {};
    for (size_t i = 0; i < kKeys; ++i) {
      set[i] = pthread_getspecific(keys_[i]);
      if (set[i] == nullptr && random.Below(3) == 0) {
        const uint64_t tag = random.Next();
        set[i] = new Value{1 + static_cast<int>(random.Below(4)), keys_[i], tag,
                           ~tag};
        values_made.fetch_add(1);
        TORTURE_EXPECT_EQ(failures_, 0, pthread_setspecific(keys_[i], set[i]));
      }
    }
    if (random.Below(4) == 0) this_thread::Yield();
    for (size_t i = 0; i < kKeys; ++i) {
      TORTURE_EXPECT(failures_, pthread_getspecific(keys_[i]) == set[i]);
    }
  }

  Failures& failures_;
  std::array<pthread_key_t, kKeys> keys_;
};

}  // namespace

std::unique_ptr<Job> MakePthreadKeyJob(const JobSetting& setting) {
  return std::make_unique<PthreadKeyJob>(setting);
}

}  // namespace jiffy::torture
