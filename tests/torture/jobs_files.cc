// Text written to files with stdio and iostreams, and read back.

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/torture/jobs.h"
#include "tests/torture/lines.h"

namespace jiffy::torture {
namespace {

constexpr int kLinesPerRound = 12;
// When a file is this long, its thread reads it back and starts a new one.
constexpr uint64_t kLinesPerFile = 600;

// A file for each thread.
class OwnFileJob : public Job {
 public:
  explicit OwnFileJob(const JobSetting& setting, const char* name)
      : failures_(*setting.failures),
        prefix_(setting.directory + "/" + name),
        lines_(static_cast<size_t>(setting.threads), 0) {}

  void Round(JobContext& context) override {
    uint64_t& lines = lines_[static_cast<size_t>(context.thread)];
    const std::string path = Path(context.thread);
    Append(path, context.thread, lines);
    lines += kLinesPerRound;
    if (lines < kLinesPerFile) return;
    ReadBack(path, context.thread, lines);
    TORTURE_EXPECT_EQ(failures_, 0, remove(path.c_str()));
    lines = 0;
  }

  void Finish() override {
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i] == 0) continue;
      ReadBack(Path(static_cast<int>(i)), static_cast<int>(i), lines_[i]);
    }
  }

 protected:
  // Adds kLinesPerRound lines, numbered from `first`.
  virtual void Append(const std::string& path, int thread, uint64_t first) = 0;
  // Checks that there are `lines` lines, numbered from 0.
  virtual void ReadBack(const std::string& path, int thread,
                        uint64_t lines) = 0;

  void CheckLine(const std::string& path, const Line& line,
                 const std::string& text) {
    if (text == line.Text()) return;
    failures_.NoteTexts(path.c_str(), static_cast<int>(line.number + 1),
                        "the line", line.Text(), text);
  }

  Failures& failures_;

 private:
  std::string Path(int thread) const {
    return prefix_ + std::to_string(thread);
  }

  const std::string prefix_;
  std::vector<uint64_t> lines_;
};

class StdioJob final : public OwnFileJob {
 public:
  explicit StdioJob(const JobSetting& setting)
      : OwnFileJob(setting, "stdio-") {}

 private:
  void Append(const std::string& path, int thread, uint64_t first) override {
    FILE* file = fopen(path.c_str(), "a");
    if (!TORTURE_EXPECT(failures_, file != nullptr)) return;
    for (uint64_t i = first; i < first + kLinesPerRound; ++i) {
      const Line line = {thread, i};
      const std::string tail = line.Tail();
      // The precision cuts off a longer text.
      const int size = static_cast<int>(tail.size());
      fprintf(file, TORTURE_LINE_FORMAT, thread, i, size, (tail + "~").c_str());
      fputc('\n', file);
    }
    TORTURE_EXPECT_EQ(failures_, 0, fclose(file));
  }

  void ReadBack(const std::string& path, int thread, uint64_t lines) override {
    FILE* file = fopen(path.c_str(), "r");
    if (!TORTURE_EXPECT(failures_, file != nullptr)) return;
    char text[256];
    uint64_t number = 0;
    while (fgets(text, sizeof text, file) != nullptr) {
      std::string line = text;
      if (!line.empty() && line.back() == '\n') line.pop_back();
      CheckLine(path, {thread, number++}, line);
    }
    TORTURE_EXPECT_EQ(failures_, lines, number);
    TORTURE_EXPECT_EQ(failures_, 0, fclose(file));
  }
};

class StreamJob final : public OwnFileJob {
 public:
  explicit StreamJob(const JobSetting& setting)
      : OwnFileJob(setting, "stream-") {}

 private:
  void Append(const std::string& path, int thread, uint64_t first) override {
    std::ofstream file(path, std::ios::app);
    for (uint64_t i = first; i < first + kLinesPerRound; ++i) {
      const Line line = {thread, i};
      file << thread << ' ' << i << ' ' << line.Tail() << '\n';
    }
    file.close();
    TORTURE_EXPECT(failures_, !file.fail());
  }

  void ReadBack(const std::string& path, int thread, uint64_t lines) override {
    std::ifstream file(path);
    uint64_t number = 0;
    for (std::string text; std::getline(file, text);) {
      CheckLine(path, {thread, number++}, text);
    }
    TORTURE_EXPECT_EQ(failures_, lines, number);
  }
};

// One FILE, to which all threads write, a line a call.
class SharedFileJob final : public Job {
 public:
  explicit SharedFileJob(const JobSetting& setting)
      : failures_(*setting.failures),
        threads_(setting.threads),
        path_(setting.directory + "/shared"),
        file_(fopen(path_.c_str(), "w")),
        lines_(static_cast<size_t>(setting.threads), 0) {
    TORTURE_EXPECT(failures_, file_ != nullptr);
  }

  void Round(JobContext& context) override {
    // About 10 MB, however long the test lasts.
    constexpr uint64_t kMostLines = 2000;
    uint64_t& lines = lines_[static_cast<size_t>(context.thread)];
    if (file_ == nullptr || lines >= kMostLines) return;
    for (int i = 0; i < kLinesPerRound; ++i) {
      const Line line = {context.thread, lines++};
      const std::string tail = line.Tail();
      fprintf(file_, TORTURE_LINE_FORMAT "\n", context.thread, line.number,
              static_cast<int>(tail.size()), tail.c_str());
    }
  }

  void Finish() override {
    if (file_ == nullptr) return;
    TORTURE_EXPECT_EQ(failures_, 0, fclose(file_));
    uint64_t lines = 0;
    for (const uint64_t count : lines_) lines += count;
    TORTURE_EXPECT_EQ(failures_, lines,
                      CheckLineFile(path_, threads_, failures_));
  }

 private:
  Failures& failures_;
  const int threads_;
  const std::string path_;
  FILE* const file_;
  std::vector<uint64_t> lines_;
};

}  // namespace

std::unique_ptr<Job> MakeStdioJob(const JobSetting& setting) {
  return std::make_unique<StdioJob>(setting);
}

std::unique_ptr<Job> MakeStreamJob(const JobSetting& setting) {
  return std::make_unique<StreamJob>(setting);
}

std::unique_ptr<Job> MakeSharedFileJob(const JobSetting& setting) {
  return std::make_unique<SharedFileJob>(setting);
}

}  // namespace jiffy::torture
