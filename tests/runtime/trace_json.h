// A trace file read by tests, and checked against the rules for all such files.
#ifndef JIFFY_TESTS_RUNTIME_TRACE_JSON_H_
#define JIFFY_TESTS_RUNTIME_TRACE_JSON_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace jiffy {

struct TraceSlice {
  int64_t since_ns = 0;
  int64_t until_ns = 0;
  std::string name;
  // Empty if the viewer chooses it.
  std::string color;
  // Of the arguments "end" and "waits for"; empty if there is none.
  std::string end;
  std::string waits_for;

  bool ran() const { return name.starts_with("ran"); }
};

struct TraceArrow {
  std::string name;
  // Names of tracks.
  std::string from;
  std::string to;
};

struct TraceMark {
  std::string name;
  // Of the argument "by".
  std::string by;
};

// Reads the file and fails the test unless it follows the format exactly
// (tests/trace/trace_format.h), and
// - every track with contents has a name,
// - slices of a track follow each other; those of spans nest,
// - every slice has an end; one on a thread's track gives the reason, and has
//   its colour,
// - the thread that had the CPU according to the CPU's track is the one that
//   ran, with the same reason,
// - every arrow leaves a thread that runs at that time, and leads to one that
//   becomes runnable at that time,
// - the counter is the number of runnable threads, whenever that changes.
class TraceJson {
 public:
  explicit TraceJson(const std::string& path);

  // By the track's name; names of threads must differ for that. Oldest first.
  const std::vector<TraceSlice>& slices(const std::string& track) const;
  // Returns how a thread's turns ended, from its track: "yielded, finished".
  std::string Ends(const std::string& track) const;
  int CountEnds(const std::string& track, const std::string& end) const;
  const std::vector<TraceMark>& marks(const std::string& track) const;
  const std::vector<TraceArrow>& arrows() const { return arrows_; }
  // Names of the tracks of threads and of their spans.
  std::vector<std::string> threads() const;
  // The first and the highest value of the counter.
  int64_t first_runnable() const {
    return counter_.empty() ? 0 : counter_.front().second;
  }
  int64_t most_runnable() const { return most_runnable_; }
  // Marks of the whole trace.
  const std::vector<std::string>& global_marks() const { return global_marks_; }

 private:
  using TrackKey = std::pair<int, int64_t>;
  struct ArrowEnds {
    TrackKey from{};
    TrackKey to{};
    int64_t from_ns = -1;
    int64_t to_ns = -1;
    std::string name;
  };
  struct Track {
    std::string name;
    std::vector<TraceSlice> slices;
    std::vector<TraceMark> marks;
  };

  void Read(const std::string& text);
  const Track& Named(const std::string& name) const;
  void CheckSlices() const;
  void CheckCpu() const;
  void CheckArrows();
  void CheckCounter() const;

  std::map<TrackKey, Track> tracks_;
  std::map<int64_t, ArrowEnds> arrow_ends_;
  std::vector<TraceArrow> arrows_;
  std::vector<std::pair<int64_t, int64_t>> counter_;
  int64_t most_runnable_ = 0;
  std::vector<std::string> global_marks_;
};

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_TRACE_JSON_H_
