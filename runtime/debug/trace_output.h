// The trace file of one run, if the run has one.
#ifndef JIFFY_RUNTIME_DEBUG_TRACE_OUTPUT_H_
#define JIFFY_RUNTIME_DEBUG_TRACE_OUTPUT_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/options.h"
#include "trace/output_file.h"

namespace jiffy::internal {

class Worker;

class TraceOutput {
 public:
  // Errors: as OutputFile::Open, plus the name of the option or variable.
  static absl::StatusOr<TraceOutput> Open(const RuntimeOptions& options);

  size_t capacity() const { return capacity_; }

  // Writes the worker's recording after its run. Reports on standard error if
  // events were lost. Does nothing in the child of a fork: the file is its
  // parent's. Errors: as OutputFile::Publish.
  absl::Status Write(Worker& worker);

 private:
  size_t capacity_ = 0;
  std::string path_;
  std::unique_ptr<trace::OutputFile> file_;
  pid_t process_ = 0;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_DEBUG_TRACE_OUTPUT_H_
