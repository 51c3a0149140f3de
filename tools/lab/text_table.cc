#include "tools/lab/text_table.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace jiffy::lab {
namespace {

// Longer names are cut: a table is to fit on a screen.
constexpr size_t kMaxFirstColumn = 32;

bool StartsCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), StartsCharacter));
}

std::string Padded(std::string_view text, size_t width) {
  std::string out(text);
  // An escape sequence in a task's name is not to reach the terminal.
  std::replace_if(
      out.begin(), out.end(),
      [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
  if (DisplayWidth(out) > width) {
    size_t end = 0;
    for (size_t columns = 0; end < out.size(); ++end) {
      if (StartsCharacter(out[end]) && ++columns == width) break;
    }
    out.resize(end);
    out += "…";
  }
  out.append(width - DisplayWidth(out), ' ');
  return out;
}

std::string TextTable::Draw() const {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
    }
  }
  if (!widths.empty()) widths[0] = std::min(widths[0], kMaxFirstColumn);
  std::string out;
  for (const std::vector<std::string>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i == 0) {
        out += Padded(row[i], widths[i]);
      } else {
        out.append(2 + widths[i] - DisplayWidth(row[i]), ' ');
        out += row[i];
      }
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

}  // namespace jiffy::lab
