// printf and std::cout: standard output goes to a file while the job exists.

#include <fcntl.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tests/torture/jobs.h"
#include "tests/torture/lines.h"

namespace jiffy::torture {
namespace {

class PrintfJob final : public Job {
 public:
  explicit PrintfJob(const JobSetting& setting)
      : failures_(*setting.failures),
        threads_(setting.threads),
        path_(setting.directory + "/stdout"),
        lines_(static_cast<size_t>(setting.threads), 0) {
    fflush(stdout);
    saved_ = dup(STDOUT_FILENO);
    const int file = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    TORTURE_EXPECT(failures_, saved_ >= 0 && file >= 0);
    dup2(file, STDOUT_FILENO);
    close(file);
  }

  ~PrintfJob() override { Restore(); }

  void Round(JobContext& context) override {
    constexpr uint64_t kMostLines = 2000;
    uint64_t& lines = lines_[static_cast<size_t>(context.thread)];
    if (lines >= kMostLines) return;
    for (int i = 0; i < 6; ++i) {
      const Line first = {context.thread, lines++};
      const std::string tail = first.Tail();
      printf(TORTURE_LINE_FORMAT "\n", first.thread, first.number,
             static_cast<int>(tail.size()), tail.c_str());
      // One insertion is one call of stdio's.
      const Line second = {context.thread, lines++};
      std::cout << second.Text() + '\n';
    }
  }

  void Finish() override {
    Restore();
    uint64_t lines = 0;
    for (const uint64_t count : lines_) lines += count;
    TORTURE_EXPECT_EQ(failures_, lines,
                      CheckLineFile(path_, threads_, failures_));
  }

 private:
  void Restore() {
    if (saved_ < 0) return;
    std::cout.flush();
    fflush(stdout);
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
    saved_ = -1;
  }

  Failures& failures_;
  const int threads_;
  const std::string path_;
  int saved_ = -1;
  std::vector<uint64_t> lines_;
};

}  // namespace

std::unique_ptr<Job> MakePrintfJob(const JobSetting& setting) {
  return std::make_unique<PrintfJob>(setting);
}

}  // namespace jiffy::torture
