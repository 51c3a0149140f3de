// JSON as a tree that remembers where everything stood.
#ifndef JIFFY_SCHED_SIM_JSON_TREE_H_
#define JIFFY_SCHED_SIM_JSON_TREE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {

// A value, and if it is a member of an object, its key. Members keep their
// order, and keys may repeat: in a workload both mean something.
struct JsonNode {
  enum class Kind {
    kMissing,  // A key without a value, as rt-app's own files have it.
    kNull,
    kBool,
    kNumber,
    kString,
    kArray,
    kObject,
  };

  Kind kind = Kind::kMissing;
  std::string key;
  // What a string says, a number as it was written, "true" or "false".
  std::string text;
  // Offsets in the source. Of a kMissing, that of the end of its key.
  size_t key_offset = 0;
  size_t offset = 0;
  // Members of an object, elements of an array.
  std::vector<JsonNode> children;
};

// What a source may be at most. A tree of that size fits in memory, and no
// input can make it deeper than the code that walks it can bear.
inline constexpr size_t kMaxJsonBytes = size_t{16} << 20;
inline constexpr size_t kMaxJsonNodes = 500'000;
inline constexpr size_t kMaxJsonDepth = 16;

// Returns whether a text begins as some editors begin one in UTF-8.
bool StartsWithByteOrderMark(std::string_view text);

// Parses JSON as rt-app's users write it: with comments of C and C++, trailing
// commas, and keys without a value ("suspend",).
// Errors: InvalidArgument names file, line, column and, where there is one, the
// key at or before the fault.
absl::StatusOr<JsonNode> ParseJson(const Source& source);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_JSON_TREE_H_
