// The demo's output device and its abilities.
#ifndef JIFFY_EXAMPLES_SCREEN_H_
#define JIFFY_EXAMPLES_SCREEN_H_

#include <cstddef>
#include <cstdio>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace jiffy::examples {

enum class Toggle { kAuto, kYes, kNo };

bool AbslParseFlag(absl::string_view text, Toggle* toggle, std::string* error);
std::string AbslUnparseFlag(Toggle toggle);

struct Screen {
  FILE* out = stdout;
  int columns = 100;
  int rows = 24;
  // Whether lines can be overwritten.
  bool in_place = false;
  bool color = false;
  bool unicode = false;
};

// Examines `out` and the locale. The user can force color and Unicode on or
// off.
Screen DetectScreen(FILE* out, Toggle color, Toggle unicode);

enum class Style { kBold, kDim, kGood, kBad };

// Return the text in a style, or in one of a few colors that distinguish tasks;
// plain if the screen has no color.
std::string Styled(const Screen& screen, Style style, absl::string_view text);
std::string Colored(const Screen& screen, size_t task, absl::string_view text);

// A bar `columns` wide, of which `fraction` is filled.
std::string Bar(const Screen& screen, double fraction, int columns);
// One column, filled to `fraction` from below; blank at 0 only.
absl::string_view Cell(const Screen& screen, double fraction);
// "ok" and "WRONG" as a sign.
absl::string_view CheckMark(const Screen& screen, bool correct);

// "52 us", "31.2 ms", "1.53 s": three digits, for human readers.
std::string FormatTime(absl::Duration duration);
// "16.2 %".
std::string FormatShare(double share);

// Breaks the text between words into lines that fit the screen. A longer word
// stays whole.
std::string Wrapped(const Screen& screen, absl::string_view text);

void Write(const Screen& screen, absl::string_view text);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_SCREEN_H_
