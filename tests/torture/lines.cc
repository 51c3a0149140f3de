#include "tests/torture/lines.h"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/torture/failures.h"

namespace jiffy::torture {

std::string Line::Tail() const {
  uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15 + thread;
  const size_t size = 1 + (mixed >> 40) % 60;
  std::string tail;
  for (size_t i = 0; i < size; ++i) {
    mixed = mixed * 6364136223846793005 + 1442695040888963407;
    tail += static_cast<char>('a' + (mixed >> 59) % 26);
  }
  return tail;
}

std::string Line::Text() const {
  return std::to_string(thread) + ' ' + std::to_string(number) + ' ' + Tail();
}

bool ParseLine(std::string_view text, Line* line) {
  const char* const end = text.data() + text.size();
  const auto [after_thread, thread_error] =
      std::from_chars(text.data(), end, line->thread);
  if (thread_error != std::errc() || after_thread == end) return false;
  const auto [after_number, number_error] =
      std::from_chars(after_thread + 1, end, line->number);
  if (number_error != std::errc()) return false;
  return text == line->Text();
}

uint64_t CheckLineFile(const std::string& path, int threads,
                       Failures& failures) {
  std::ifstream file(path);
  std::vector<uint64_t> next(static_cast<size_t>(threads), 0);
  uint64_t lines = 0;
  for (std::string text; std::getline(file, text); ++lines) {
    Line line;
    if (!ParseLine(text, &line) || line.thread < 0 || line.thread >= threads) {
      failures.Note(path.c_str(), static_cast<int>(lines + 1), text.c_str());
      continue;
    }
    uint64_t& expected = next[static_cast<size_t>(line.thread)];
    TORTURE_EXPECT_EQ(failures, expected, line.number);
    expected = line.number + 1;
  }
  return lines;
}

}  // namespace jiffy::torture
