// The demo's metrics as JSON.
#ifndef JIFFY_EXAMPLES_DEMO_JSON_H_
#define JIFFY_EXAMPLES_DEMO_JSON_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/demo_run.h"

namespace jiffy::examples {

// A JSON file to be written. It appears as a whole, and replaces an existing
// file.
class JsonFile {
 public:
  // Checks that the file can be written. Errors: those of open(2), with the
  // path; InvalidArgument if the path exists and is no regular file.
  static absl::StatusOr<JsonFile> Create(const std::string& path);

  absl::Status Write(const std::string& scheduler, absl::Duration slice,
                     const DemoResult& result) const;

 private:
  explicit JsonFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

// {"scheduler", "slice_us", "wall_us", "tasks": [{"name", "cpu_us",
// "preemptions", "voluntary_switches", "longest_wait_us", "correct"}]}
std::string ToJson(const std::string& scheduler, absl::Duration slice,
                   const DemoResult& result);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_DEMO_JSON_H_
