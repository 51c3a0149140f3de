#include "bench/instructions/baseline.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"
#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"

namespace jiffy::bench {
namespace {

constexpr char kHowToRecord[] =
    "bazel run //bench/instructions:count -- --record='the reason'";

double PerCentMore(int64_t count, int64_t recorded) {
  return static_cast<double>(count - recorded) * 100 /
         static_cast<double>(recorded);
}

// FNV-1a: no protection against malice, enough against haste.
std::string Seal(const std::string& before, const std::string& path,
                 int64_t instructions, const std::string& reason) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c :
       absl::StrCat(before, "\n", path, "\n", instructions, "\n", reason)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return absl::StrFormat("%016x", hash);
}

absl::Status Wrong(const std::string& path, size_t entry,
                   const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat("baseline: entry ", entry + 1, " of '", path, "' ", what));
}

bool IsEntry(const rapidjson::Value& value) {
  return value.IsObject() && value.HasMember("instructions") &&
         value["instructions"].IsInt64() &&
         value["instructions"].GetInt64() > 0 && value.HasMember("reason") &&
         value["reason"].IsString() && value.HasMember("seal") &&
         value["seal"].IsString();
}

}  // namespace

absl::Status Baseline::CheckReason(const std::string& path,
                                   const std::string& reason,
                                   const std::vector<Entry>& before) {
  if (absl::StripAsciiWhitespace(reason).empty()) {
    return Wrong(path, before.size(), "has no reason");
  }
  for (const Entry& entry : before) {
    if (entry.reason == reason) {
      return Wrong(path, before.size(),
                   absl::StrCat("repeats the reason of an older one, '", reason,
                                "'; each change has its own"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Baseline> Baseline::Parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "baseline: ", rapidjson::GetParseError_En(document.GetParseError()),
        " At byte ", document.GetErrorOffset(), "."));
  }
  if (!document.IsObject()) {
    return absl::InvalidArgumentError("baseline: is no object of paths");
  }
  Baseline baseline;
  for (const auto& member : std::as_const(document).GetObject()) {
    const std::string path = member.name.GetString();
    if (!member.value.IsArray() || member.value.Empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("baseline: '", path, "' is no list of entries"));
    }
    std::vector<Entry> entries;
    std::string seal;
    for (const auto& value : member.value.GetArray()) {
      if (!IsEntry(value)) {
        return Wrong(
            path, entries.size(),
            "must have \"instructions\" above 0, \"reason\" and \"seal\"");
      }
      Entry entry = {value["instructions"].GetInt64(),
                     value["reason"].GetString()};
      const absl::Status reason = CheckReason(path, entry.reason, entries);
      if (!reason.ok()) return reason;
      seal = Seal(seal, path, entry.instructions, entry.reason);
      if (seal != value["seal"].GetString()) {
        return Wrong(path, entries.size(),
                     absl::StrCat("was edited by hand. Record a new one: ",
                                  kHowToRecord));
      }
      entries.push_back(std::move(entry));
    }
    baseline.paths_[path] = std::move(entries);
  }
  return baseline;
}

std::string Baseline::Json() const {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  writer.StartObject();
  for (const auto& [path, entries] : paths_) {
    writer.Key(path.c_str());
    writer.StartArray();
    std::string seal;
    for (const Entry& entry : entries) {
      seal = Seal(seal, path, entry.instructions, entry.reason);
      writer.StartObject();
      writer.Key("instructions");
      writer.Int64(entry.instructions);
      writer.Key("reason");
      writer.String(entry.reason.c_str());
      writer.Key("seal");
      writer.String(seal.c_str());
      writer.EndObject();
    }
    writer.EndArray();
  }
  writer.EndObject();
  return absl::StrCat(buffer.GetString(), "\n");
}

Baseline::Comparison Baseline::Compare(
    const std::map<std::string, int64_t>& counts) const {
  Comparison result;
  std::string complaints;
  for (const auto& [path, count] : counts) {
    const auto found = paths_.find(path);
    if (found == paths_.end()) {
      absl::StrAppend(&complaints, "'", path, "' was never recorded. ");
      absl::StrAppendFormat(
          &result.table, "%-12s %6d instructions, not recorded\n", path, count);
      continue;
    }
    const int64_t recorded = found->second.back().instructions;
    const double change = PerCentMore(count, recorded);
    absl::StrAppendFormat(&result.table,
                          "%-12s %6d instructions, %+.1f %% (recorded %d)\n",
                          path, count, change, recorded);
    if (change > kMayGrow) {
      absl::StrAppendFormat(
          &complaints, "'%s' takes %.1f %% more instructions than recorded. ",
          path, change);
    }
  }
  if (!complaints.empty()) {
    result.status = absl::FailedPreconditionError(
        absl::StrCat(complaints, "If that is meant: ", kHowToRecord));
  }
  return result;
}

absl::Status Baseline::Record(const std::map<std::string, int64_t>& counts,
                              const std::string& reason) {
  auto paths = paths_;
  for (const auto& [path, count] : counts) {
    std::vector<Entry>& entries = paths[path];
    if (!entries.empty() &&
        std::abs(PerCentMore(count, entries.back().instructions)) < kSame) {
      continue;
    }
    const absl::Status status = CheckReason(path, reason, entries);
    if (!status.ok()) return status;
    entries.push_back({count, reason});
  }
  paths_ = std::move(paths);
  return absl::OkStatus();
}

}  // namespace jiffy::bench
