// libc functions that call back, keep state or take locks of their own.

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "runtime/thread.h"
#include "tests/torture/jobs.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

int CompareNumbers(const void* a, const void* b) {
  const auto left = *static_cast<const uint64_t*>(a);
  const auto right = *static_cast<const uint64_t*>(b);
  // Now and then, others run in the middle of the call.
  if (left % 64 == 0) this_thread::Yield();
  return left < right ? -1 : (left > right ? 1 : 0);
}

class LibcJob final : public Job {
 public:
  explicit LibcJob(const JobSetting& setting)
      : failures_(*setting.failures), own_tls_(setting.own_tls) {}

  void Round(JobContext& context) override {
    switch (context.random.Below(4)) {
      case 0:
        Sort(context);
        break;
      case 1:
        Tokens(context);
        break;
      case 2:
        Times(context);
        break;
      default:
        Texts(context);
    }
  }

 private:
  void Sort(JobContext& context) {
    // Beyond 1 KiB, qsort sorts in memory that it allocates.
    std::vector<uint64_t> numbers(20 + context.random.Below(300));
    uint64_t sum = 0;
    for (uint64_t& number : numbers) {
      number = context.random.Next();
      sum += number;
    }
    qsort(numbers.data(), numbers.size(), sizeof numbers[0], &CompareNumbers);
    uint64_t previous = 0;
    for (const uint64_t number : numbers) {
      TORTURE_EXPECT(failures_, number >= previous);
      previous = number;
      sum -= number;
    }
    TORTURE_EXPECT_EQ(failures_, uint64_t{0}, sum);
    const uint64_t wanted = numbers[context.random.Below(numbers.size())];
    const void* found = bsearch(&wanted, numbers.data(), numbers.size(),
                                sizeof numbers[0], &CompareNumbers);
    TORTURE_EXPECT(failures_, found != nullptr && *static_cast<const uint64_t*>(
                                                      found) == wanted);
  }

  void Tokens(JobContext& context) {
    const uint64_t base = context.random.Below(1'000'000);
    std::string text;
    for (uint64_t i = 0; i < 50; ++i) {
      text += std::to_string(base + i) + (i % 2 == 0 ? "," : ";;");
    }
    uint64_t expected = base;
    char* state = nullptr;
    for (char* token = strtok_r(text.data(), ",;", &state); token != nullptr;
         token = strtok_r(nullptr, ",;", &state)) {
      char* end = nullptr;
      TORTURE_EXPECT_EQ(failures_, expected++, strtoull(token, &end, 10));
      TORTURE_EXPECT_EQ(failures_, '\0', *end);
    }
    TORTURE_EXPECT_EQ(failures_, base + 50, expected);
  }

  void Times(JobContext& context) {
    for (int i = 0; i < 10; ++i) {
      const auto time = static_cast<time_t>(context.random.Next() >> 33);
      tm local = {};
      tm universal = {};
      TORTURE_EXPECT(failures_, localtime_r(&time, &local) == &local);
      TORTURE_EXPECT(failures_, gmtime_r(&time, &universal) == &universal);
      TORTURE_EXPECT_EQ(failures_, time, timegm(&universal));
      TORTURE_EXPECT_EQ(failures_, static_cast<int>(time % 60), local.tm_sec);
      char text[64];
      TORTURE_EXPECT(failures_,
                     strftime(text, sizeof text, "%Y-%m-%d", &universal) == 10);
      tm parsed = {};
      TORTURE_EXPECT(failures_, strptime(text, "%Y-%m-%d", &parsed) != nullptr);
      TORTURE_EXPECT_EQ(failures_, universal.tm_year, parsed.tm_year);
      TORTURE_EXPECT_EQ(failures_, universal.tm_mday, parsed.tm_mday);
    }
  }

  void Texts(JobContext& context) {
    const int number = 5'000 + static_cast<int>(context.random.Below(1'000));
    const std::string wanted = "Unknown error " + std::to_string(number);
    if (own_tls_) {
      // The text for an unknown number is composed in a buffer of the thread's
      // own.
      const char* text = strerror(number);
      Spin(1'000);
      TORTURE_EXPECT_EQ(failures_, wanted, text);
    }
    char buffer[64];
    TORTURE_EXPECT_EQ(failures_, std::string("No such file or directory"),
                      strerror_r(ENOENT, buffer, sizeof buffer));
    TORTURE_EXPECT(failures_, getenv("JIFFY_NO_SUCH_NAME") == nullptr);
    char* copy = strdup(wanted.c_str());
    TORTURE_EXPECT_EQ(failures_, wanted, copy);
    free(copy);
  }

  Failures& failures_;
  const bool own_tls_;
};

}  // namespace

std::unique_ptr<Job> MakeLibcJob(const JobSetting& setting) {
  return std::make_unique<LibcJob>(setting);
}

}  // namespace jiffy::torture
