// The text of a workload file, and where in it something stands.
#ifndef JIFFY_SCHED_SIM_SOURCE_H_
#define JIFFY_SCHED_SIM_SOURCE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace jiffy::sched::sim {

// Keeps the text, so that a complaint that comes up late, even while the
// workload runs, can still say where in the file its cause stands.
class Source {
 public:
  Source(std::string_view file_name, std::string_view text);

  const std::string& text() const { return text_; }

  // Returns "file:line:column" of a byte of the text. Lines and columns count
  // from 1, and a column is a character (a UTF-8 code point), not a byte.
  std::string Locate(size_t offset) const;

  // Returns the string that begins at a byte of the text, as it is written.
  std::string_view StringAt(size_t offset) const;

  // Returns the error `file:line:column: key "KEY": MESSAGE`; without the part
  // about the key if it is empty.
  absl::Status Error(size_t offset, std::string_view key,
                     std::string_view message) const;

 private:
  const std::string file_name_;
  const std::string text_;
  // Offset of the first byte of each line.
  std::vector<size_t> lines_;
};

// Returns `text` between double quotes, fit for a message: control characters
// escaped, and cut after 60 bytes.
std::string Quoted(std::string_view text);

}  // namespace jiffy::sched::sim

#endif  // JIFFY_SCHED_SIM_SOURCE_H_
