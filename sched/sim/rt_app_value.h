// Reads single values of a workload file; checks their type and range.
#ifndef JIFFY_SCHED_SIM_RT_APP_VALUE_H_
#define JIFFY_SCHED_SIM_RT_APP_VALUE_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sched/sim/json_tree.h"
#include "sched/sim/source.h"

namespace jiffy::sched::sim {

// Returns "key "KEY": expected WHAT, got ...", at the value.
absl::Status Unexpected(const Source& source, const JsonNode& node,
                        std::string_view what);

// Returns an integer from `min` to `max`. `what` describes it for messages,
// which add the range: "a number of microseconds".
absl::StatusOr<int64_t> ReadInteger(const Source& source, const JsonNode& node,
                                    int64_t min, int64_t max,
                                    std::string_view what);

// Returns true or false.
absl::StatusOr<bool> ReadBool(const Source& source, const JsonNode& node);

// Returns a string.
absl::StatusOr<std::string> ReadName(const Source& source, const JsonNode& node,
                                     std::string_view what);

// Returns a list of CPU numbers, ascending, without repetitions.
absl::StatusOr<std::vector<int>> ReadCpus(const Source& source,
                                          const JsonNode& node);

// Notes for the user about how a file was read. The same note about the same
// key appears once, at its first position.
class ReadingNotes {
 public:
  explicit ReadingNotes(const Source& source) : source_(source) {}

  // Adds `file:line:column: key "KEY": MESSAGE`, at the node's key.
  void Add(const JsonNode& node, std::string_view message);
  // Adds that the node is ignored.
  void AddIgnored(const JsonNode& node, std::string_view why);
  std::vector<std::string> Take() { return std::move(notes_); }

 private:
  const Source& source_;
  std::set<std::pair<std::string, std::string>> said_;
  std::vector<std::string> notes_;
};

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_RT_APP_VALUE_H_
