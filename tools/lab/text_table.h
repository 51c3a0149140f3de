// Columns of text.
#ifndef JIFFY_TOOLS_LAB_TEXT_TABLE_H_
#define JIFFY_TOOLS_LAB_TEXT_TABLE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace jiffy::lab {

// Returns the columns that UTF-8 text takes, a column a character.
size_t DisplayWidth(std::string_view text);

// Returns text in exactly `width` columns: filled up, or cut with an ellipsis.
// Control characters in it are replaced.
std::string Padded(std::string_view text, size_t width);

// Rows of equally many cells. The first column stands left, the others right;
// none is wider than its widest cell.
class TextTable {
 public:
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string Draw() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TOOLS_LAB_TEXT_TABLE_H_
