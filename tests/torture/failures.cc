#include "tests/torture/failures.h"

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "runtime/thread.h"

namespace jiffy::torture {

Failures::Text* Failures::Take() {
  const uint64_t index = count_.fetch_add(1);
  return index < kKept ? &texts_[index] : nullptr;
}

bool Failures::Note(const char* file, int line, const char* what) {
  if (Text* text = Take(); text != nullptr) {
    snprintf(text->text, sizeof text->text, "%s:%d: thread %" PRIu64 ": %s",
             file, line, this_thread::Id(), what);
    text->ready = true;
  }
  return false;
}

bool Failures::NoteDifference(const char* file, int line, const char* what,
                              int64_t wanted, int64_t got) {
  if (Text* text = Take(); text != nullptr) {
    snprintf(text->text, sizeof text->text,
             "%s:%d: thread %" PRIu64 ": %s is %" PRId64 " (0x%" PRIx64
             "), should be %" PRId64 " (0x%" PRIx64 ")",
             file, line, this_thread::Id(), what, got,
             static_cast<uint64_t>(got), wanted, static_cast<uint64_t>(wanted));
    text->ready = true;
  }
  return false;
}

std::vector<std::string> Failures::Messages() const {
  std::vector<std::string> messages;
  for (const Text& text : texts_) {
    if (text.ready) messages.emplace_back(text.text);
  }
  if (count() > kKept) messages.emplace_back("... and more");
  return messages;
}

}  // namespace jiffy::torture
