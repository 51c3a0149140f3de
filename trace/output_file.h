// A file that appears whole or not at all.
#ifndef JIFFY_TRACE_OUTPUT_FILE_H_
#define JIFFY_TRACE_OUTPUT_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace jiffy::trace {

// Writes to a temporary file beside the target; Publish renames it to the
// target. Without Publish, nothing is left. Targets that cannot be replaced (a
// device, a pipe, "-" for standard output) are written to directly.
//
// Writes are buffered. Flush returns the first error of any write.
//
// Only the process that opened the file removes it: in the child of a fork, the
// destructor leaves the parent's file alone.
class OutputFile {
 public:
  // Errors: as open(2), with the file's name.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(
      const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(std::string_view text) {
    if (buffer_.size() + text.size() > kBufferSize) Drain();
    buffer_.append(text);
  }
  void Write(int64_t number);

  // Hands everything to the kernel. Errors: the first error of any write (such
  // as a full disk), with the file's name.
  absl::Status Flush();

  // Flushes, and moves the file to its place.
  absl::Status Publish();

 private:
  static constexpr size_t kBufferSize = size_t{64} << 10;

  OutputFile(std::string path, std::string temporary, int fd);
  void Drain();

  const pid_t owner_;
  const std::string path_;
  // Empty if the target is written to directly, and after Publish.
  std::string temporary_;
  int fd_;
  std::string buffer_;
  int error_ = 0;
};

}  // namespace jiffy::trace

#endif  // JIFFY_TRACE_OUTPUT_FILE_H_
