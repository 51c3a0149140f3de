// Chrome's trace event JSON, for https://ui.perfetto.dev and chrome://tracing,
// one event a line. The format: "Trace Event Format", the Chromium project.
#ifndef JIFFY_TRACE_CHROME_JSON_H_
#define JIFFY_TRACE_CHROME_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "trace/output_file.h"

namespace jiffy::trace {

// Returns the text as JSON, with its quotes. What is not UTF-8 in it becomes
// U+FFFD: viewers refuse a file that is not UTF-8.
std::string Quoted(std::string_view text);

// A line of the picture. Lines of one process are shown together. Threads'
// numbers are to differ, whatever their process, and from those of other
// processes, whose first threads have them to Perfetto; 0 is an idle thread
// there, without a name.
struct Track {
  int process = 0;
  int64_t thread = 0;
};

// Writes events to a file. Names and arguments are JSON already (see Quoted):
// they are written often and made once. Times are in nanoseconds, in any order
// where nothing else is said.
class ChromeJson {
 public:
  explicit ChromeJson(OutputFile& file);
  ChromeJson(const ChromeJson&) = delete;
  ChromeJson& operator=(const ChromeJson&) = delete;

  void NameProcess(int process, std::string_view name);
  void NameThread(Track track, std::string_view name);

  // Something that lasted. `color` is one of the viewer's names for colours,
  // or empty: then it is chosen by the event's name (Perfetto always does so).
  // `arguments` is a JSON object. Slices of a track must nest.
  void Slice(Track track, int64_t since_ns, int64_t until_ns,
             std::string_view name, std::string_view color,
             std::string_view arguments);
  // A mark on a track.
  void Mark(Track track, int64_t time_ns, std::string_view name,
            std::string_view arguments);
  // A mark that concerns the whole process.
  void GlobalMark(int process, int64_t time_ns, std::string_view name);
  // An arrow from the slice that encloses one point to the slice that encloses
  // another. Both slices are to be written before it.
  void Arrow(uint64_t number, std::string_view name, Track from,
             int64_t from_ns, Track to, int64_t to_ns);
  // The value of a counter from a time on.
  void Counter(int process, int64_t time_ns, std::string_view name,
               int64_t value);

  // Writes the end. Nothing may follow.
  void End();

 private:
  // Begins an event of the phase, up to its track.
  void Begin(std::string_view phase, std::string_view name, Track track);
  void Time(std::string_view key, int64_t ns);

  OutputFile& file_;
  bool empty_ = true;
};

}  // namespace jiffy::trace

#endif  // JIFFY_TRACE_CHROME_JSON_H_
