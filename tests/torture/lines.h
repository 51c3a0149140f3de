// Lines of text, each of which shows by itself whether one of its bytes is
// wrong.
#ifndef JIFFY_TESTS_TORTURE_LINES_H_
#define JIFFY_TESTS_TORTURE_LINES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/torture/failures.h"

namespace jiffy::torture {

// The contents of each line, as a format for printf and by other means.
#define TORTURE_LINE_FORMAT "%d %" PRIu64 " %.*s"

struct Line {
  int thread;
  uint64_t number;

  // Returns its last word: 1 to 60 letters derived from the numbers.
  std::string Tail() const;
  std::string Text() const;
};

// Reads a line without its end. Returns whether all bytes are right.
bool ParseLine(std::string_view text, Line* line);

// Checks that a file contains only lines, and for each thread the numbers from
// 0 on, in order. Returns how many.
uint64_t CheckLineFile(const std::string& path, int threads,
                       Failures& failures);

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_LINES_H_
