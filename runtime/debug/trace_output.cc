#include "runtime/debug/trace_output.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/tracer.h"
#include "runtime/core/worker.h"
#include "runtime/debug/trace_file.h"
#include "runtime/options.h"
#include "trace/output_file.h"

namespace jiffy::internal {

absl::StatusOr<TraceOutput> TraceOutput::Open(const RuntimeOptions& options) {
  TraceOutput output;
  output.capacity_ = options.trace_capacity;
  const char* source = "trace_file";
  output.path_ = options.trace_file;
  if (output.path_.empty()) {
    // Not in a program whose privileges this would lend to the caller.
    const char* path = secure_getenv("JIFFY_TRACE");
    if (path == nullptr || path[0] == '\0') return output;
    source = "JIFFY_TRACE";
    output.path_ = path;
  }
  absl::StatusOr<std::unique_ptr<trace::OutputFile>> file =
      trace::OutputFile::Open(output.path_);
  if (!file.ok()) {
    return absl::Status(file.status().code(),
                        absl::StrCat(source, " = \"", output.path_,
                                     "\": ", file.status().message()));
  }
  output.file_ = *std::move(file);
  output.process_ = getpid();
  if (output.capacity_ == 0) output.capacity_ = kDefaultTraceCapacity;
  return output;
}

absl::Status TraceOutput::Write(Worker& worker) {
  if (file_ == nullptr || getpid() != process_) return absl::OkStatus();
  const Recording recording = worker.tracer().Read();
  if (recording.dropped != 0) {
    fprintf(stderr,
            "jiffy: %s lacks the oldest %llu events of the run; "
            "RuntimeOptions::trace_capacity can make room for more\n",
            path_.c_str(), static_cast<unsigned long long>(recording.dropped));
  }
  WriteTrace(recording, worker.policy_name(), *file_);
  return file_->Publish();
}

}  // namespace jiffy::internal
