#include "examples/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "examples/program.h"

namespace jiffy::examples {
namespace {

// Enough for the table's first columns and a bar.
constexpr int kLeastColumns = 46;

constexpr absl::string_view kReset = "\033[0m";

// Asks the locale without setting it for this program: that would change how
// numbers are printed.
bool LocaleIsUtf8() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  const bool utf8 =
      absl::EqualsIgnoreCase(nl_langinfo_l(CODESET, locale), "UTF-8");
  freelocale(locale);
  return utf8;
}

bool TerminalHasColor() {
  const char* terminal = getenv("TERM");
  const char* no_color = getenv("NO_COLOR");  // no-color.org
  return terminal != nullptr && absl::string_view(terminal) != "dumb" &&
         (no_color == nullptr || *no_color == '\0');
}

// Returns the length of the first `columns` characters of UTF-8, each of which
// is one column wide.
size_t BytesOf(absl::string_view text, int columns) {
  size_t bytes = 0;
  for (; bytes < text.size(); ++bytes) {
    const bool begins = (text[bytes] & 0xc0) != 0x80;
    if (begins && columns-- == 0) break;
  }
  return bytes;
}

bool Decide(Toggle toggle, bool automatic) {
  return toggle == Toggle::kAuto ? automatic : toggle == Toggle::kYes;
}

}  // namespace

bool AbslParseFlag(absl::string_view text, Toggle* toggle, std::string* error) {
  if (text == "auto") {
    *toggle = Toggle::kAuto;
  } else if (text == "yes") {
    *toggle = Toggle::kYes;
  } else if (text == "no") {
    *toggle = Toggle::kNo;
  } else {
    *error = "must be auto, yes or no";
    return false;
  }
  return true;
}

std::string AbslUnparseFlag(Toggle toggle) {
  if (toggle == Toggle::kAuto) return "auto";
  return toggle == Toggle::kYes ? "yes" : "no";
}

Screen DetectScreen(FILE* out, Toggle color, Toggle unicode) {
  Screen screen;
  screen.out = out;
  const int fd = fileno(out);
  const bool terminal = isatty(fd) != 0;
  const bool able = terminal && TerminalHasColor();
  screen.in_place = able || (terminal && getenv("TERM") != nullptr &&
                             absl::string_view(getenv("TERM")) != "dumb");
  screen.color = Decide(color, able);
  screen.unicode = Decide(unicode, LocaleIsUtf8());
  winsize size = {};
  if (terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    // Longer lines are no easier to read; shorter ones cannot hold a table.
    screen.columns = std::clamp<int>(size.ws_col, kLeastColumns, 120);
    screen.rows = size.ws_row;
  }
  return screen;
}

std::string Styled(const Screen& screen, Style style, absl::string_view text) {
  if (!screen.color) return absl::StrCat(text);
  constexpr absl::string_view kCodes[] = {"\033[1m", "\033[2m", "\033[32m",
                                          "\033[1;37;41m"};
  return absl::StrCat(kCodes[static_cast<size_t>(style)], text, kReset);
}

std::string Colored(const Screen& screen, size_t task, absl::string_view text) {
  if (!screen.color) return absl::StrCat(text);
  // Cyan, yellow, magenta, green, blue: red is reserved for errors.
  constexpr absl::string_view kCodes[] = {"\033[36m", "\033[33m", "\033[35m",
                                          "\033[32m", "\033[34m"};
  return absl::StrCat(kCodes[task % std::size(kCodes)], text, kReset);
}

std::string Bar(const Screen& screen, double fraction, int columns) {
  const int filled =
      static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * columns));
  std::string bar;
  for (int i = 0; i < columns; ++i) {
    if (screen.unicode) {
      bar += i < filled ? "█" : "░";
    } else {
      bar += i < filled ? "#" : ".";
    }
  }
  return bar;
}

absl::string_view Cell(const Screen& screen, double fraction) {
  constexpr absl::string_view kBlocks[] = {"▁", "▂", "▃", "▄",
                                           "▅", "▆", "▇", "█"};
  constexpr absl::string_view kAscii[] = {".", ":", "=", "#"};
  if (fraction <= 0) return " ";
  const auto pick = [&](const auto& levels) {
    const double count = static_cast<double>(std::size(levels));
    const double level = std::round(std::min(fraction, 1.0) * count);
    return levels[static_cast<size_t>(std::max(level, 1.0)) - 1];
  };
  return screen.unicode ? pick(kBlocks) : pick(kAscii);
}

absl::string_view CheckMark(const Screen& screen, bool correct) {
  if (correct) return screen.unicode ? "✓" : "ok";
  return screen.unicode ? "✗ WRONG" : "WRONG";
}

std::string FormatTime(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  const auto three_digits = [](double value, const char* unit) {
    return absl::StrFormat("%.*f %s",
                           value < 10    ? 2
                           : value < 100 ? 1
                                         : 0,
                           value, unit);
  };
  if (duration == absl::ZeroDuration()) return "0 s";
  if (seconds < 0.9995e-3) return absl::StrFormat("%.0f us", seconds * 1e6);
  if (seconds < 0.9995) return three_digits(seconds * 1e3, "ms");
  return three_digits(seconds, "s");
}

std::string FormatShare(double share) {
  return absl::StrFormat("%.1f %%", 100 * share);
}

std::string Wrapped(const Screen& screen, absl::string_view text) {
  std::string wrapped;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    for (size_t room = BytesOf(line, screen.columns); room < line.size();
         room = BytesOf(line, screen.columns)) {
      size_t space = line.rfind(' ', room);
      if (space == line.npos) space = line.find(' ');
      if (space == line.npos) break;
      absl::StrAppend(&wrapped, line.substr(0, space), "\n");
      line.remove_prefix(space + 1);
    }
    absl::StrAppend(&wrapped, line, "\n");
  }
  // The text's last line has no line end of its own.
  wrapped.pop_back();
  return wrapped;
}

void Write(const Screen& screen, absl::string_view text) {
  const size_t written = fwrite(text.data(), 1, text.size(), screen.out);
  if (fflush(screen.out) == 0 && written == text.size()) return;
  if (screen.out == stdout) NoteLostOutput(errno);
}

}  // namespace jiffy::examples
