// Libraries that are opened and closed while threads run and start.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/thread.h"
#include "tests/torture/jobs.h"
#include "tests/torture/library.h"

namespace jiffy::torture {
namespace {

class LibraryJob final : public Job {
 public:
  explicit LibraryJob(const JobSetting& setting)
      : failures_(*setting.failures),
        may_be_refused_(setting.own_tls && !setting.late_static_tls) {}

  void Round(JobContext& context) override {
    const auto kind = context.random.Below(2) == 0
                          ? Library::Kind::kDynamic
                          : Library::Kind::kInitialExec;
    const Library library(kind);
    if (!library.ok()) {
      if (kind == Library::Kind::kDynamic || !may_be_refused_ ||
          library.error().find("static TLS block") == std::string::npos) {
        failures_.Note(__FILE__, __LINE__, library.error().c_str());
      }
      return;
    }
    // From an earlier round, if the library has stayed open.
    const uint64_t found = *library->value();
    TORTURE_EXPECT(failures_,
                   found == kLibraryInitial ||
                       found == static_cast<uint64_t>(context.thread));
    *library->value() = static_cast<uint64_t>(context.thread);
    if (context.random.Below(2) == 0) {
      absl::StatusOr<Thread> thread =
          Thread::Spawn({.stack_size = size_t{64} << 10}, [&] {
            TORTURE_EXPECT_EQ(failures_, kLibraryInitial, *library->value());
            TORTURE_EXPECT_EQ(failures_, uint64_t{0}, *library->zero());
            TORTURE_EXPECT_EQ(failures_, 1, library->use_object());
            *library->value() = 1'000'000;
            *library->zero() = 1'000'000;
          });
      if (thread.ok()) TORTURE_EXPECT(failures_, thread->Join().ok());
    }
    TORTURE_EXPECT_EQ(failures_, static_cast<uint64_t>(context.thread),
                      *library->value());
  }

 private:
  Failures& failures_;
  // Whether there is no room for a library with static TLS.
  const bool may_be_refused_;
};

}  // namespace

std::unique_ptr<Job> MakeLibraryJob(const JobSetting& setting) {
  return std::make_unique<LibraryJob>(setting);
}

}  // namespace jiffy::torture
