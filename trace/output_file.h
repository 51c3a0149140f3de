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

// Text is written to a temporary file beside the one that is meant, which takes
// its place in Publish. Without Publish, nothing is left. What cannot be
// replaced (a device, a pipe, "-" for standard output) is written to directly.
//
// Writing is buffered and remembers its first error: Flush tells it.
//
// The file is its process's: in the child of a fork, destroying this leaves the
// parent's file alone.
class OutputFile {
 public:
  // Errors: as open(2), naming the file.
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

  // Hands everything to the kernel. Errors: the first that a write had, naming
  // the file: a full disk, for instance.
  absl::Status Flush();

  // Flushes, and puts the file in its place.
  absl::Status Publish();

 private:
  static constexpr size_t kBufferSize = size_t{64} << 10;

  OutputFile(std::string path, std::string temporary, int fd);
  void Drain();

  const pid_t owner_;
  const std::string path_;
  // Empty if written to directly, and once published.
  std::string temporary_;
  int fd_;
  std::string buffer_;
  int error_ = 0;
};

}  // namespace jiffy::trace

#endif  // JIFFY_TRACE_OUTPUT_FILE_H_
