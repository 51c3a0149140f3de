#include "runtime/debug/report.h"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "signals/race.h"

namespace jiffy::internal {
std::string Described(const Completion& completion) {
  return absl::StrCat("'", NameOf(completion).text, "' (#", completion.id, ")");
}

void ReportLostException(const Completion& completion) {
  if (completion.exception == nullptr) return;
  // The thread made the exception, and the caller frees it.
  signals::Acquired(&completion);
  std::string what = "an exception that is no std::exception";
  try {
    std::rethrow_exception(completion.exception);
  } catch (const std::exception& e) {
    what = absl::StrCat("an exception: ", e.what());
  } catch (...) {
  }
  fprintf(stderr, "jiffy: thread %s ended by %s; nobody joined it to see\n",
          Described(completion).c_str(), what.c_str());
}

ThreadName NameOf(const Completion& completion) {
  ThreadName name = {};
  if (completion.name[0] != '\0') {
    memcpy(name.text, completion.name, sizeof name.text);
    return name;
  }
  constexpr std::string_view kPrefix = "thread-";
  memcpy(name.text, kPrefix.data(), kPrefix.size());
  // The buffer holds the longest number.
  static_assert(sizeof name.text > kPrefix.size() + 20);
  *std::to_chars(name.text + kPrefix.size(), std::end(name.text) - 1,
                 completion.id)
       .ptr = '\0';
  return name;
}

const absl::Status& NoMemoryToSpawn() {
  static const auto& status = *new absl::Status(absl::ResourceExhaustedError(
      "cannot spawn a thread: no memory for its record"));
  return status;
}

}  // namespace jiffy::internal
