#include "tests/runtime/dump_testing.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "gtest/gtest.h"
#include "runtime/jiffy.h"

namespace jiffy {

Output::Output() : fd_(memfd_create("dump", MFD_CLOEXEC)) {}

Output::~Output() { close(fd_); }

std::string Output::Text() const {
  std::string text(static_cast<size_t>(lseek(fd_, 0, SEEK_END)), '\0');
  [[maybe_unused]] const ssize_t n = pread(fd_, text.data(), text.size(), 0);
  return text;
}

std::string DumpText() {
  Output output;
  EXPECT_TRUE(Runtime::Dump(output.fd()));
  return output.Text();
}

std::string Part(const std::string& text, const std::string& name) {
  const size_t begin = text.find("\n'" + name + "'");
  if (begin == std::string::npos) return "";
  return text.substr(begin + 1, text.find("\n'", begin + 1) - begin);
}

int CountFrames(const std::string& part, const std::string& function) {
  int count = 0;
  for (size_t at = part.find('\n'); at != std::string::npos;) {
    const size_t end = part.find('\n', at + 1);
    if (part.substr(at, end - at).find(function) != std::string::npos) count++;
    at = end;
  }
  return count;
}

}  // namespace jiffy
