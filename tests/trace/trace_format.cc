#include "tests/trace/trace_format.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rapidjson/document.h"
#include "rapidjson/error/en.h"

namespace jiffy {
namespace {

using Json = rapidjson::Value;

// Members that an event of a phase must and may have besides "ph", "name",
// "pid", "tid".
struct Phase {
  std::set<std::string> needs;
  std::set<std::string> may;
};
const std::map<std::string, Phase> kPhases = {
    {"M", {{"args"}, {}}},
    {"X", {{"ts", "dur"}, {"args", "cname", "cat"}}},
    {"i", {{"ts", "s"}, {"args", "cname", "cat"}}},
    {"C", {{"ts", "args"}, {"cat"}}},
    {"s", {{"ts", "id", "cat"}, {"args"}}},
    {"f", {{"ts", "id", "cat", "bp"}, {"args"}}},
};

// Chromium's reserved colour names, without those that belong to a subject of
// Chromium's own.
const std::set<std::string> kColors = {"thread_state_uninterruptible",
                                       "thread_state_iowait",
                                       "thread_state_running",
                                       "thread_state_runnable",
                                       "thread_state_sleeping",
                                       "thread_state_unknown",
                                       "generic_work",
                                       "good",
                                       "bad",
                                       "terrible",
                                       "black",
                                       "grey",
                                       "white",
                                       "yellow",
                                       "olive"};

using Track = std::pair<int64_t, int64_t>;

struct Slice {
  int64_t begin = 0;
  int64_t end = 0;
  size_t place = 0;  // In the file.
};

struct ArrowEnd {
  Track track;
  int64_t time = 0;
  size_t place = 0;
};

struct Arrow {
  std::vector<ArrowEnd> from;
  std::vector<ArrowEnd> to;
};

class Checker {
 public:
  std::vector<std::string> Check(std::string_view text) {
    rapidjson::Document json;
    json.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
    if (json.HasParseError()) {
      Wrong(std::string("no JSON: ") +
            rapidjson::GetParseError_En(json.GetParseError()));
      return errors_;
    }
    if (!json.IsObject() || !json.HasMember("traceEvents") ||
        !json["traceEvents"].IsArray()) {
      Wrong("no object with an array \"traceEvents\"");
      return errors_;
    }
    CheckKeys(json, {"traceEvents"}, {"otherData"});
    for (const Json& event : json["traceEvents"].GetArray()) {
      where_ = "event " + std::to_string(place_) + ": ";
      if (event.IsObject()) {
        Take(event);
      } else {
        Wrong("is no object");
      }
      place_++;
    }
    where_.clear();
    CheckNames();
    CheckNumbers();
    CheckNesting();
    CheckArrows();
    return errors_;
  }

 private:
  void Wrong(const std::string& what) { errors_.push_back(where_ + what); }

  std::string Text(const Json& object, const char* key) {
    if (!object.HasMember(key)) return "";
    if (object[key].IsString()) return object[key].GetString();
    Wrong(std::string("\"") + key + "\" is no text");
    return "";
  }

  int64_t Integer(const Json& object, const char* key) {
    if (!object.HasMember(key)) return 0;
    if (object[key].IsInt64()) return object[key].GetInt64();
    Wrong(std::string("\"") + key + "\" is no integer");
    return 0;
  }

  // Returns nanoseconds; the file has microseconds.
  int64_t Time(const Json& object, const char* key) {
    if (!object.HasMember(key)) return 0;
    if (!object[key].IsNumber()) {
      Wrong(std::string("\"") + key + "\" is no number");
      return 0;
    }
    const double ns = object[key].GetDouble() * 1000;
    // Beyond this, a double cannot represent every nanosecond.
    constexpr double kMost = 1e18;
    if (!(ns >= 0 && ns < kMost)) {
      Wrong(std::string("\"") + key + "\" is out of range");
      return 0;
    }
    // A double may be off by a part in 10^15.
    if (std::abs(ns - std::round(ns)) > 1e-6 + ns * 1e-15) {
      Wrong(std::string("\"") + key + "\" has a fraction of a nanosecond");
    }
    return std::llround(ns);
  }

  void CheckKeys(const Json& object, const std::set<std::string>& needs,
                 const std::set<std::string>& may) {
    std::set<std::string> seen;
    for (const auto& member : object.GetObject()) {
      const std::string key = member.name.GetString();
      if (!seen.insert(key).second) Wrong("\"" + key + "\" is there twice");
      if (!needs.contains(key) && !may.contains(key)) {
        Wrong("\"" + key + "\" does not belong there");
      }
    }
    for (const std::string& key : needs) {
      if (!seen.contains(key)) Wrong("lacks \"" + key + "\"");
    }
  }

  void Take(const Json& event) {
    const std::string kind = Text(event, "ph");
    const auto phase = kPhases.find(kind);
    if (phase == kPhases.end()) {
      Wrong("unknown phase '" + kind + "'");
      return;
    }
    std::set<std::string> needs = {"ph", "name", "pid", "tid"};
    needs.insert(phase->second.needs.begin(), phase->second.needs.end());
    CheckKeys(event, needs, phase->second.may);
    const std::string name = Text(event, "name");
    if (name.empty() && kind != "X") Wrong("the name is empty");
    const Track track = {Integer(event, "pid"), Integer(event, "tid")};
    const int64_t time = Time(event, "ts");
    if (event.HasMember("args") && !event["args"].IsObject()) {
      Wrong("\"args\" is no object");
      return;
    }
    if (event.HasMember("cname") && !kColors.contains(Text(event, "cname"))) {
      Wrong("no such colour: '" + Text(event, "cname") + "'");
    }
    if (kind == "M") {
      TakeName(event, name, track);
      return;
    }
    // Counters and marks of a whole process are not on a track.
    const std::string scope = Text(event, "s");
    if (kind == "C" || scope == "g" || scope == "p") {
      used_processes_.insert(track.first);
    } else {
      used_tracks_.insert(track);
      if (track.second == 0) Wrong("track 0 is shown without its name");
    }
    if (kind == "X") {
      slices_[track].push_back({time, time + Time(event, "dur"), place_});
    } else if (kind == "i") {
      if (scope != "g" && scope != "p" && scope != "t") {
        Wrong("no such scope: '" + scope + "'");
      }
    } else if (kind == "C") {
      TakeCounter(event);
    } else {
      TakeArrowEnd(event, kind, name, {track, time, place_});
    }
  }

  void TakeName(const Json& event, const std::string& name, Track track) {
    if (name != "process_name" && name != "thread_name") {
      Wrong("no such metadata: '" + name + "'");
      return;
    }
    if (!event.HasMember("args")) return;
    CheckKeys(event["args"], {"name"}, {});
    Text(event["args"], "name");
    if (name == "process_name" ? !processes_.insert(track.first).second
                               : !tracks_.insert(track).second) {
      Wrong("is named a second time");
    }
  }

  void TakeCounter(const Json& event) {
    if (!event.HasMember("args")) return;
    if (event["args"].MemberCount() == 0) Wrong("a counter without a value");
    for (const auto& value : event["args"].GetObject()) {
      if (!value.value.IsNumber()) Wrong("a counter's value is no number");
    }
  }

  void TakeArrowEnd(const Json& event, const std::string& kind,
                    const std::string& name, const ArrowEnd& end) {
    const std::string bound = Text(event, "bp");
    if (kind == "f" && bound != "e") {
      Wrong("is bound to the next slice, not to the one around it");
    }
    Arrow& arrow = arrows_[{Text(event, "cat"), name, Integer(event, "id")}];
    (kind == "s" ? arrow.from : arrow.to).push_back(end);
  }

  void CheckNumbers() {
    std::map<int64_t, int64_t> process_of;
    for (const int64_t process : processes_) process_of[process] = process;
    for (const auto& [process, thread] : tracks_) {
      if (process_of.try_emplace(thread, process).first->second != process) {
        Wrong("track " + std::to_string(thread) + " is another process's too");
      }
    }
  }

  void CheckNames() {
    for (const Track& track : used_tracks_) {
      used_processes_.insert(track.first);
      if (!tracks_.contains(track)) {
        Wrong("track " + std::to_string(track.second) + " has no name");
      }
    }
    for (const int64_t process : used_processes_) {
      if (!processes_.contains(process)) {
        Wrong("process " + std::to_string(process) + " has no name");
      }
    }
  }

  void CheckNesting() {
    for (auto& [track, slices] : slices_) {
      std::stable_sort(
          slices.begin(), slices.end(),
          [](const Slice& a, const Slice& b) { return a.begin < b.begin; });
      std::vector<int64_t> ends;
      for (const Slice& slice : slices) {
        while (!ends.empty() && ends.back() <= slice.begin) ends.pop_back();
        if (!ends.empty() && ends.back() < slice.end) {
          Wrong("event " + std::to_string(slice.place) +
                ": a slice that overlaps another");
        }
        ends.push_back(slice.end);
      }
    }
  }

  bool IsInSlice(const ArrowEnd& end) const {
    const auto slices = slices_.find(end.track);
    return slices != slices_.end() &&
           std::any_of(slices->second.begin(), slices->second.end(),
                       [&](const Slice& slice) {
                         return slice.begin <= end.time &&
                                end.time < slice.end && slice.place < end.place;
                       });
  }

  void CheckArrows() {
    for (const auto& [key, arrow] : arrows_) {
      where_ = "arrow " + std::to_string(std::get<2>(key)) + ": ";
      if (arrow.from.size() != 1 || arrow.to.size() != 1) {
        Wrong(std::to_string(arrow.from.size()) + " beginnings and " +
              std::to_string(arrow.to.size()) + " ends");
        continue;
      }
      if (arrow.to[0].time < arrow.from[0].time) Wrong("leads back in time");
      if (!IsInSlice(arrow.from[0])) Wrong("begins in no slice");
      if (!IsInSlice(arrow.to[0])) Wrong("ends in no slice");
    }
    where_.clear();
  }

  std::vector<std::string> errors_;
  // The object that the error is about.
  std::string where_;
  size_t place_ = 0;
  std::set<int64_t> processes_;
  std::set<Track> tracks_;
  std::set<int64_t> used_processes_;
  std::set<Track> used_tracks_;
  std::map<Track, std::vector<Slice>> slices_;
  // By category, name and number.
  std::map<std::tuple<std::string, std::string, int64_t>, Arrow> arrows_;
};

}  // namespace

std::vector<std::string> TraceFormatErrors(std::string_view text) {
  return Checker().Check(text);
}

}  // namespace jiffy
