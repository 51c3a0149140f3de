// The counts that were recorded, each with the reason why it became what it is.
//
//   {"yield": [{"instructions": 61, "reason": "...", "seal": "5f..."}, ...]}
//
// The last entry of a path is what counts; those before tell its history. The
// seal is a checksum of the entry and the one before, so that a number that was
// edited in place, without a reason of its own, is noticed.
#ifndef JIFFY_BENCH_INSTRUCTIONS_BASELINE_H_
#define JIFFY_BENCH_INSTRUCTIONS_BASELINE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace jiffy::bench {

class Baseline {
 public:
  // By how much a path may grow, in per cent; and by how much it may change to
  // count as the same.
  static constexpr double kMayGrow = 10;
  static constexpr double kSame = 1;

  // Errors: InvalidArgument says which path and entry is wrong, and how.
  static absl::StatusOr<Baseline> Parse(const std::string& json);
  std::string Json() const;

  // Holds counts against the last entries. Returns a line for each path, with
  // its change; `status` is FailedPrecondition if one has grown too much or was
  // never recorded, and says what to do.
  struct Comparison {
    std::string table;
    absl::Status status;
  };
  Comparison Compare(const std::map<std::string, int64_t>& counts) const;

  // Appends the counts that differ from the last entries, with the reason.
  // Errors: InvalidArgument if the reason is missing, or was given before for a
  // path that changes.
  absl::Status Record(const std::map<std::string, int64_t>& counts,
                      const std::string& reason);

 private:
  struct Entry {
    int64_t instructions;
    std::string reason;
  };

  static absl::Status CheckReason(const std::string& path,
                                  const std::string& reason,
                                  const std::vector<Entry>& before);

  std::map<std::string, std::vector<Entry>> paths_;
};

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_INSTRUCTIONS_BASELINE_H_
