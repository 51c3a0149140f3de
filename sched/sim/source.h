// The text of a workload file, and positions in it.
#ifndef JIFFY_SCHED_SIM_SOURCE_H_
#define JIFFY_SCHED_SIM_SOURCE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace jiffy::sched::sim {

// Keeps the text, so that late errors, even during the run, can still name the
// position of their cause in the file.
class Source {
 public:
  Source(std::string_view file_name, std::string_view text);

  const std::string& text() const { return text_; }

  // Returns "file:line:column" of a byte of the text. Lines and columns count
  // from 1; columns count characters (UTF-8 code points), not bytes.
  std::string Locate(size_t offset) const;

  // Returns the string that begins at a byte of the text, as written.
  std::string_view StringAt(size_t offset) const;

  // Returns the error `file:line:column: key "KEY": MESSAGE`, without the part
  // about the key if `key` is empty.
  absl::Status Error(size_t offset, std::string_view key,
                     std::string_view message) const;

 private:
  const std::string file_name_;
  const std::string text_;
  // Offset of the first byte of each line.
  std::vector<size_t> lines_;
};

// Returns `text` in double quotes for a message: with control characters
// escaped, and cut after 60 bytes.
std::string Quoted(std::string_view text);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_SOURCE_H_
