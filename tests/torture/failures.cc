#include "tests/torture/failures.h"

#include <algorithm>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/thread.h"

namespace jiffy::torture {

namespace {

// Appends `text` to the buffer, cut at the buffer's end. Unprintable bytes
// appear as \xNN.
size_t Append(char* buffer, size_t size, size_t used, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool prints = byte >= ' ' && byte < 0x7f && c != '\\';
    if (used + (prints ? 1 : 4) >= size) break;
    if (prints) {
      buffer[used++] = c;
    } else {
      used += static_cast<size_t>(
          snprintf(buffer + used, size - used, "\\x%02x", byte));
    }
  }
  buffer[used] = '\0';
  return used;
}

// Returns the number of characters that snprintf left in a buffer of that size.
size_t Written(int result, size_t size) {
  if (result < 0) return 0;
  return std::min(static_cast<size_t>(result), size - 1);
}

}  // namespace

Failures::Place Failures::Take() {
  const uint64_t index = count_.fetch_add(1);
  if (index >= kKept) return {};
  if (index == 0) return {first_, sizeof first_, &ready_[0]};
  return {others_[index - 1], sizeof others_[0], &ready_[index]};
}

bool Failures::Note(const char* file, int line, const char* what) {
  if (const Place place = Take(); place.size != 0) {
    snprintf(place.text, place.size, "%s:%d: thread %" PRIu64 ": %s", file,
             line, this_thread::Id(), what);
    *place.ready = true;
  }
  return false;
}

bool Failures::NoteDifference(const char* file, int line, const char* what,
                              int64_t wanted, int64_t got) {
  if (const Place place = Take(); place.size != 0) {
    snprintf(place.text, place.size,
             "%s:%d: thread %" PRIu64 ": %s is %" PRId64 " (0x%" PRIx64
             "), should be %" PRId64 " (0x%" PRIx64 ")",
             file, line, this_thread::Id(), what, got,
             static_cast<uint64_t>(got), wanted, static_cast<uint64_t>(wanted));
    *place.ready = true;
  }
  return false;
}

bool Failures::NoteReals(const char* file, int line, const char* what,
                         long double wanted, long double got) {
  if (const Place place = Take(); place.size != 0) {
    // Enough digits to distinguish any two numbers, even of 128 bits.
    snprintf(place.text, place.size,
             "%s:%d: thread %" PRIu64 ": %s is %.36Lg, should be %.36Lg", file,
             line, this_thread::Id(), what, got, wanted);
    *place.ready = true;
  }
  return false;
}

bool Failures::NoteTexts(const char* file, int line, const char* what,
                         std::string_view wanted, std::string_view got) {
  const Place place = Take();
  if (place.size == 0) return false;
  size_t same = 0;
  while (same < wanted.size() && same < got.size() &&
         wanted[same] == got[same]) {
    ++same;
  }
  char* const text = place.text;
  // Each of the two may take half of the space.
  const size_t half = place.size / 2;
  size_t used = Written(
      snprintf(text, half,
               "%s:%d: thread %" PRIu64
               ": %s has %zu characters, should have %zu, and differs from "
               "character %zu on: '",
               file, line, this_thread::Id(), what, got.size(), wanted.size(),
               same),
      half);
  used = Append(text, half + used / 2, used, got);
  used += Written(snprintf(text + used, place.size - used, "', should be '"),
                  place.size - used);
  used = Append(text, place.size - 1, used, wanted);
  snprintf(text + used, place.size - used, "'");
  *place.ready = true;
  return false;
}

std::vector<std::string> Failures::Messages() const {
  std::vector<std::string> messages;
  for (int i = 0; i < kKept; ++i) {
    if (ready_[i]) messages.emplace_back(i == 0 ? first_ : others_[i - 1]);
  }
  if (count() > kKept) {
    messages.push_back("... and " + std::to_string(count() - kKept) + " more");
  }
  return messages;
}

}  // namespace jiffy::torture
