// A JSON tree whose nodes know their positions in the source.
#ifndef JIFFY_SCHED_SIM_JSON_TREE_H_
#define JIFFY_SCHED_SIM_JSON_TREE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {

// A value, with its key if it is a member of an object. Members keep their
// order, and keys may repeat: in a workload both are significant.
struct JsonNode {
  enum class Kind {
    kMissing,  // A key without a value, as in rt-app's own files.
    kNull,
    kBool,
    kNumber,
    kString,
    kArray,
    kObject,
  };

  Kind kind = Kind::kMissing;
  std::string key;
  // The content of a string, a number as written, "true" or "false".
  std::string text;
  // Offsets in the source. For kMissing, the end of its key.
  size_t key_offset = 0;
  size_t offset = 0;
  // Members of an object, elements of an array.
  std::vector<JsonNode> children;
};

// Limits of a source, so that the tree fits in memory and is never too deep for
// the code that walks it.
inline constexpr size_t kMaxJsonBytes = size_t{16} << 20;
inline constexpr size_t kMaxJsonNodes = 500'000;
inline constexpr size_t kMaxJsonDepth = 16;

// Returns whether a text begins with the UTF-8 byte-order mark that some
// editors write.
bool StartsWithByteOrderMark(std::string_view text);

// Parses JSON as rt-app's users write it: with C and C++ comments, trailing
// commas, and keys without a value ("suspend",).
// Errors: InvalidArgument names file, line, column and, if there is one, the
// key at or before the error.
absl::StatusOr<JsonNode> ParseJson(const Source& source);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_JSON_TREE_H_
