// Chrome's trace event JSON, for https://ui.perfetto.dev and chrome://tracing,
// one event a line. The format: "Trace Event Format", the Chromium project.
#ifndef JIFFY_TRACE_CHROME_JSON_H_
#define JIFFY_TRACE_CHROME_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "trace/output_file.h"

namespace jiffy::trace {

// Returns the text as a JSON string, with quotes. If it is not valid UTF-8,
// each non-ASCII byte becomes U+FFFD: viewers refuse files that are not UTF-8.
std::string Quoted(std::string_view text);

// A line of the picture. Viewers show the lines of one process together. Thread
// numbers must be unique over all processes, and must differ from the process
// numbers, which Perfetto also uses as numbers of first threads. To Perfetto, 0
// is an idle thread without a name.
struct Track {
  int process = 0;
  int64_t thread = 0;
};

// Writes events to a file. Callers pass names and arguments as JSON (see
// Quoted), since each is made once and written often. Times are in nanoseconds,
// in any order unless stated otherwise.
class ChromeJson {
 public:
  explicit ChromeJson(OutputFile& file);
  ChromeJson(const ChromeJson&) = delete;
  ChromeJson& operator=(const ChromeJson&) = delete;

  void NameProcess(int process, std::string_view name);
  void NameThread(Track track, std::string_view name);

  // Writes an interval. `color` is one of the viewer's colour names; if it is
  // empty, the event's name chooses the colour (Perfetto always does so).
  // `arguments` is a JSON object. Slices of a track must nest.
  void Slice(Track track, int64_t since_ns, int64_t until_ns,
             std::string_view name, std::string_view color,
             std::string_view arguments);
  // Writes a mark on a track.
  void Mark(Track track, int64_t time_ns, std::string_view name,
            std::string_view arguments);
  // Writes a mark that concerns the whole process.
  void GlobalMark(int process, int64_t time_ns, std::string_view name);
  // Writes an arrow from the slice that encloses one point to the slice that
  // encloses another. Write both slices before the arrow.
  void Arrow(uint64_t number, std::string_view name, Track from,
             int64_t from_ns, Track to, int64_t to_ns);
  // Writes the value of a counter from `time_ns` on.
  void Counter(int process, int64_t time_ns, std::string_view name,
               int64_t value);

  // Writes the end of the file. Nothing may follow.
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
