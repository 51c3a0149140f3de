#include "sched/sim/source.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace jiffy::sched::sim {
namespace {

// Bytes of the form 10xxxxxx continue a character that began earlier.
bool StartsCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

}  // namespace

Source::Source(std::string_view file_name, std::string_view text)
    : file_name_(file_name), text_(text), lines_{0} {
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') lines_.push_back(i + 1);
  }
}

std::string Source::Locate(size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto line = std::upper_bound(lines_.begin(), lines_.end(), offset) - 1;
  const auto column = std::count_if(
      text_.begin() + static_cast<ptrdiff_t>(*line),
      text_.begin() + static_cast<ptrdiff_t>(offset), StartsCharacter);
  return absl::StrCat(file_name_, ":", line - lines_.begin() + 1, ":",
                      column + 1);
}

std::string_view Source::StringAt(size_t offset) const {
  std::string_view rest = text_;
  rest.remove_prefix(std::min(offset + 1, rest.size()));
  size_t length = 0;
  while (length < rest.size() && rest[length] != '"') {
    length += rest[length] == '\\' ? 2 : 1;
  }
  return rest.substr(0, length);
}

absl::Status Source::Error(size_t offset, std::string_view key,
                           std::string_view message) const {
  return absl::InvalidArgumentError(
      absl::StrCat(Locate(offset), ": ",
                   key.empty() ? "" : absl::StrCat("key ", Quoted(key), ": "),
                   std::string(message)));
}

std::string Quoted(std::string_view text) {
  constexpr size_t kMost = 60;
  std::string_view shown = text.substr(0, kMost);
  if (text.size() > kMost) {
    // Do not cut in the middle of a character.
    size_t end = kMost;
    while (end > 0 && !StartsCharacter(text[end])) --end;
    shown = text.substr(0, end);
  }
  return absl::StrCat(
      "\"",
      absl::Utf8SafeCEscape(absl::string_view(shown.data(), shown.size())),
      shown.size() < text.size() ? "..." : "", "\"");
}

}  // namespace jiffy::sched::sim
