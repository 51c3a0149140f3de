// Lines of text that tell, each by itself, whether a byte of them is wrong.
#ifndef JIFFY_TESTS_TORTURE_LINES_H_
#define JIFFY_TESTS_TORTURE_LINES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/torture/failures.h"

namespace jiffy::torture {

// What each line holds, with this for printf and the same by other means.
#define TORTURE_LINE_FORMAT "%d %" PRIu64 " %.*s"

struct Line {
  int thread;
  uint64_t number;

  // Its last word: letters that follow from the numbers, 1 to 60 of them.
  std::string Tail() const;
  std::string Text() const;
};

// Reads a line without its end. Returns whether not a byte is wrong.
bool ParseLine(std::string_view text, Line* line);

// Checks that a file holds lines only, and of each thread the numbers from
// 0 on, in turn. Returns how many.
uint64_t CheckLineFile(const std::string& path, int threads,
                       Failures& failures);

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_LINES_H_
