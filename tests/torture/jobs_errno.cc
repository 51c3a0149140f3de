// errno belongs to the thread, and keeps its value.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>

#include "runtime/thread.h"
#include "tests/torture/jobs.h"
#include "tests/torture/spin.h"

namespace jiffy::torture {
namespace {

class ErrnoJob final : public Job {
 public:
  explicit ErrnoJob(const JobSetting& setting) : failures_(*setting.failures) {}

  void Round(JobContext& context) override {
    // A value that no other thread uses, and no call returns.
    const int mine = 10'000 + context.thread * 100;
    for (int i = 0; i < 8; ++i) {
      errno = mine + i;
      Spin(context.random.Below(10'000));
      TORTURE_EXPECT_EQ(failures_, mine + i, errno);
      if (context.random.Below(4) == 0) {
        this_thread::Yield();
        TORTURE_EXPECT_EQ(failures_, mine + i, errno);
      }
      FailingCalls(context);
    }
  }

 private:
  void FailingCalls(JobContext& context) {
    int wanted = 0;
    switch (context.random.Below(3)) {
      case 0:
        close(-1);
        wanted = EBADF;
        break;
      case 1:
        TORTURE_EXPECT(failures_, open("/nowhere/at/all", O_RDONLY) < 0);
        wanted = ENOENT;
        break;
      default:
        lseek(STDIN_FILENO, 0, -1);
        wanted = errno;  // EINVAL, or ESPIPE of a pipe.
        TORTURE_EXPECT(failures_, wanted == EINVAL || wanted == ESPIPE);
    }
    Spin(context.random.Below(2'000));
    TORTURE_EXPECT_EQ(failures_, wanted, errno);
  }

  Failures& failures_;
};

}  // namespace

std::unique_ptr<Job> MakeErrnoJob(const JobSetting& setting) {
  return std::make_unique<ErrnoJob>(setting);
}

}  // namespace jiffy::torture
