#include "sched/sim/rt_app_value.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sched/sim/workload.h"

namespace jiffy::sched::sim {
namespace {

using Kind = JsonNode::Kind;

std::string Describe(const JsonNode& node) {
  switch (node.kind) {
    case Kind::kMissing:
      return "no value";
    case Kind::kNull:
    case Kind::kBool:
      return node.text;
    case Kind::kNumber:
      // Quoted() cuts a long number, which would fill the screen.
      return node.text.size() <= 60 ? node.text : Quoted(node.text);
    case Kind::kString:
      return Quoted(node.text);
    case Kind::kArray:
      return node.children.empty() ? "an empty array" : "an array";
    case Kind::kObject:
      return node.children.empty() ? "an empty object" : "an object";
  }
  return "";
}

}  // namespace

absl::Status Unexpected(const Source& source, const JsonNode& node,
                        std::string_view what) {
  return source.Error(
      node.offset, node.key,
      absl::StrCat("expected ", std::string(what), ", got ", Describe(node)));
}

absl::StatusOr<int64_t> ReadInteger(const Source& source, const JsonNode& node,
                                    int64_t min, int64_t max,
                                    std::string_view what) {
  int64_t value = 0;
  if (node.kind == Kind::kNumber && absl::SimpleAtoi(node.text, &value) &&
      value >= min && value <= max) {
    return value;
  }
  return Unexpected(
      source, node,
      absl::StrCat(std::string(what), ", an integer from ", min, " to ", max));
}

absl::StatusOr<std::string> ReadName(const Source& source, const JsonNode& node,
                                     std::string_view what) {
  if (node.kind == Kind::kString) return node.text;
  return Unexpected(source, node, what);
}

absl::StatusOr<bool> ReadBool(const Source& source, const JsonNode& node) {
  if (node.kind == Kind::kBool) return node.text == "true";
  return Unexpected(source, node, "true or false");
}

absl::StatusOr<std::vector<int>> ReadCpus(const Source& source,
                                          const JsonNode& node) {
  constexpr std::string_view kWhat = "a list of CPU numbers, like [0, 1]";
  if (node.kind != Kind::kArray || node.children.empty()) {
    return Unexpected(source, node, kWhat);
  }
  std::vector<int> cpus;
  for (JsonNode element : node.children) {
    element.key = node.key;
    const absl::StatusOr<int64_t> cpu =
        ReadInteger(source, element, 0, kMaxCpus - 1, "the number of a CPU");
    if (!cpu.ok()) return cpu.status();
    cpus.push_back(static_cast<int>(*cpu));
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

void ReadingNotes::Add(const JsonNode& node, std::string_view message) {
  if (!said_.emplace(node.key, message).second) return;
  notes_.push_back(absl::StrCat(source_.Locate(node.key_offset), ": key ",
                                Quoted(node.key), ": ", std::string(message)));
}

void ReadingNotes::AddIgnored(const JsonNode& node, std::string_view why) {
  Add(node, absl::StrCat("ignored: ", std::string(why)));
}

}  // namespace jiffy::sched::sim
