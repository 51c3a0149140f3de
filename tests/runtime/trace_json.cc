#include "tests/runtime/trace_json.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"
#include "tests/trace/trace_format.h"

namespace jiffy {
namespace {

// The groups of tracks.
constexpr int kCpu = 1;
constexpr int kThreads = 2;

bool IsSpanTrack(int64_t thread) { return thread % 2 == 1; }

int64_t Ns(const rapidjson::Value& us) {
  return std::llround(us.GetDouble() * 1000);
}

std::string Argument(const rapidjson::Value& event, const char* key) {
  if (!event.HasMember("args") || !event["args"].HasMember(key)) return "";
  return event["args"][key].GetString();
}

}  // namespace

TraceJson::TraceJson(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  const std::string text{std::istreambuf_iterator<char>(file),
                         std::istreambuf_iterator<char>()};
  const std::vector<std::string> errors = TraceFormatErrors(text);
  EXPECT_TRUE(errors.empty())
      << errors.size() << " errors of format, the first: " << errors.front();
  Read(text);
  CheckSlices();
  CheckCpu();
  CheckArrows();
  CheckCounter();
}

void TraceJson::Read(const std::string& text) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseValidateEncodingFlag>(text.c_str(), text.size());
  ASSERT_FALSE(json.HasParseError())
      << rapidjson::GetParseError_En(json.GetParseError()) << " at "
      << text.substr(std::max<size_t>(json.GetErrorOffset(), 100) - 100, 200);
  for (const auto& event : json["traceEvents"].GetArray()) {
    const std::string phase = event["ph"].GetString();
    const std::string name = event["name"].GetString();
    const TrackKey key = {event["pid"].GetInt(), event["tid"].GetInt64()};
    if (phase == "M") {
      const std::string value = event["args"]["name"].GetString();
      if (name == "thread_name") {
        EXPECT_EQ(tracks_[key].name, "") << "named twice";
        tracks_[key].name = value;
      }
      continue;
    }
    const int64_t time_ns = Ns(event["ts"]);
    if (phase == "X") {
      const int64_t length = Ns(event["dur"]);
      EXPECT_GE(length, 0) << name;
      tracks_[key].slices.push_back(
          {time_ns, time_ns + length, name,
           event.HasMember("cname") ? event["cname"].GetString() : "",
           Argument(event, "end"), Argument(event, "waits for")});
    } else if (phase == "i") {
      if (event["s"].GetString() == std::string("g")) {
        global_marks_.push_back(name);
      } else {
        tracks_[key].marks.push_back({name, Argument(event, "by")});
      }
    } else if (phase == "s" || phase == "f") {
      ArrowEnds& arrow = arrow_ends_[event["id"].GetInt64()];
      int64_t& at = phase == "s" ? arrow.from_ns : arrow.to_ns;
      EXPECT_EQ(at, -1) << "arrow " << event["id"].GetInt64() << " ends twice";
      at = time_ns;
      (phase == "s" ? arrow.from : arrow.to) = key;
      arrow.name = name;
    } else if (phase == "C") {
      const int64_t value = event["args"]["value"].GetInt64();
      counter_.emplace_back(time_ns, value);
      most_runnable_ = std::max(most_runnable_, value);
    } else {
      ADD_FAILURE() << "unknown phase " << phase;
    }
  }
  for (auto& [key, track] : tracks_) {
    EXPECT_NE(track.name, "") << "track " << key.second << " has no name";
    // As viewers do: of slices that begin together, the first one encloses the
    // others.
    std::stable_sort(track.slices.begin(), track.slices.end(),
                     [](const TraceSlice& a, const TraceSlice& b) {
                       return a.since_ns < b.since_ns;
                     });
  }
}

void TraceJson::CheckSlices() const {
  // The reason for its end, and the colour for that.
  static const std::map<std::string, std::pair<std::string, std::string>>
      kEnds = {{"ran, yielded", {"yielded", "good"}},
               {"ran, preempted", {"preempted", "terrible"}},
               {"ran, blocked", {"blocked", "thread_state_iowait"}},
               {"ran, finished", {"finished", "black"}}};
  for (const auto& [key, track] : tracks_) {
    std::vector<int64_t> ends;
    for (const TraceSlice& slice : track.slices) {
      while (!ends.empty() && ends.back() <= slice.since_ns) ends.pop_back();
      if (key.first == kThreads && IsSpanTrack(key.second)) {
        if (!ends.empty()) {
          EXPECT_LE(slice.until_ns, ends.back()) << track.name << slice.name;
        }
        ends.push_back(slice.until_ns);
        continue;
      }
      EXPECT_TRUE(ends.empty())
          << track.name << ": " << slice.name << " overlaps the one before";
      ends.push_back(slice.until_ns);
      if (key.first != kThreads || slice.name == "runnable") continue;
      ASSERT_TRUE(kEnds.contains(slice.name)) << slice.name;
      EXPECT_EQ(slice.end, kEnds.at(slice.name).first);
      EXPECT_EQ(slice.color, kEnds.at(slice.name).second);
      EXPECT_EQ(slice.waits_for != "", slice.end == "blocked");
    }
  }
}

void TraceJson::CheckCpu() const {
  using Turn = std::tuple<int64_t, int64_t, std::string, std::string>;
  std::vector<Turn> by_cpu;
  std::vector<Turn> by_thread;
  for (const auto& [key, track] : tracks_) {
    for (const TraceSlice& slice : track.slices) {
      if (key.first == kCpu) {
        by_cpu.emplace_back(slice.since_ns, slice.until_ns, slice.name,
                            slice.end);
      } else if (!IsSpanTrack(key.second) && slice.ran()) {
        by_thread.emplace_back(slice.since_ns, slice.until_ns, track.name,
                               slice.end);
      }
    }
  }
  std::sort(by_cpu.begin(), by_cpu.end());
  std::sort(by_thread.begin(), by_thread.end());
  EXPECT_TRUE(by_cpu == by_thread)
      << by_cpu.size() << " and " << by_thread.size();
}

void TraceJson::CheckArrows() {
  for (const auto& [id, ends] : arrow_ends_) {
    // A name that lambdas may capture, as clang 14 has it.
    const auto& arrow = ends;
    ASSERT_GE(arrow.from_ns, 0) << "arrow " << id << " comes from nowhere";
    ASSERT_GE(arrow.to_ns, 0) << "arrow " << id << " leads nowhere";
    const Track& from = tracks_[arrow.from];
    const Track& to = tracks_[arrow.to];
    EXPECT_TRUE(std::any_of(from.slices.begin(), from.slices.end(),
                            [&](const TraceSlice& slice) {
                              return slice.ran() &&
                                     slice.since_ns <= arrow.from_ns &&
                                     slice.until_ns >= arrow.from_ns;
                            }))
        << from.name << " does not run when it wakes " << to.name;
    EXPECT_TRUE(std::any_of(to.slices.begin(), to.slices.end(),
                            [&](const TraceSlice& slice) {
                              return slice.name == "runnable" &&
                                     slice.since_ns == arrow.to_ns;
                            }))
        << to.name << " is not runnable when " << from.name << " wakes it";
    arrows_.push_back({arrow.name, from.name, to.name});
  }
}

void TraceJson::CheckCounter() const {
  // By time: how many threads became runnable, less how many ceased to be. Each
  // change is recorded.
  std::map<int64_t, int64_t> changes;
  int64_t to_the_end = 0;
  for (const auto& [key, track] : tracks_) {
    if (key.first != kThreads) continue;
    for (const TraceSlice& slice : track.slices) {
      if (slice.name != "runnable") continue;
      changes[slice.since_ns]++;
      if (slice.end == "of trace") {
        to_the_end++;
      } else {
        changes[slice.until_ns]--;
      }
    }
  }
  // Of several values at one time, the last one counts.
  std::map<int64_t, int64_t> told;
  for (const auto& [time_ns, value] : counter_) told[time_ns] = value;
  int64_t runnable = 0;
  for (const auto& [time_ns, change] : changes) {
    if (change == 0) continue;
    runnable += change;
    if (!told.contains(time_ns)) {
      ADD_FAILURE() << "the counter lacks " << runnable << " at " << time_ns;
    }
  }
  EXPECT_EQ(runnable, to_the_end);
  runnable = 0;
  auto change = changes.begin();
  for (const auto& [time_ns, value] : told) {
    for (; change != changes.end() && change->first <= time_ns; ++change) {
      runnable += change->second;
    }
    EXPECT_EQ(value, runnable) << "at " << time_ns << " ns";
  }
}

const TraceJson::Track& TraceJson::Named(const std::string& name) const {
  static const Track kNone;
  for (const auto& [key, track] : tracks_) {
    if (track.name == name) return track;
  }
  ADD_FAILURE() << "no track '" << name << "'";
  return kNone;
}

const std::vector<TraceSlice>& TraceJson::slices(
    const std::string& track) const {
  return Named(track).slices;
}

std::string TraceJson::Ends(const std::string& track) const {
  std::string ends;
  for (const TraceSlice& slice : slices(track)) {
    if (!slice.ran()) continue;
    if (!ends.empty()) ends += ", ";
    ends += slice.end;
    if (!slice.waits_for.empty()) ends += " on " + slice.waits_for;
  }
  return ends;
}

int TraceJson::CountEnds(const std::string& track,
                         const std::string& end) const {
  const std::vector<TraceSlice>& all = slices(track);
  return static_cast<int>(
      std::count_if(all.begin(), all.end(), [&](const TraceSlice& slice) {
        return slice.ran() && slice.end == end;
      }));
}

const std::vector<TraceMark>& TraceJson::marks(const std::string& track) const {
  return Named(track).marks;
}

std::vector<std::string> TraceJson::threads() const {
  std::vector<std::string> names;
  for (const auto& [key, track] : tracks_) {
    if (key.first == kThreads) names.push_back(track.name);
  }
  return names;
}

}  // namespace jiffy
