#include "sched/policy_params.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sched/time_units.h"

namespace jiffy::sched {
namespace {}  // namespace

const std::string* ParamReader::Find(std::string_view name) const {
  for (const auto& [given, value] : config_.params) {
    if (given == name) return &value;
  }
  return nullptr;
}

void ParamReader::Refuse(std::string_view name, std::string_view allowed) {
  if (!status_.ok()) return;
  const std::string* const value = Find(name);
  status_ = absl::InvalidArgumentError(
      absl::StrCat("parameter \"", std::string(name), "\" of scheduler \"",
                   policy_, "\" is \"", value == nullptr ? "" : *value,
                   "\"; allowed: ", std::string(allowed)));
}

void ParamReader::Int(std::string_view name, int64_t min, int64_t max,
                      int64_t* value) {
  const std::string* const text = Find(name);
  if (text == nullptr) return;
  int64_t number;
  if (absl::SimpleAtoi(*text, &number) && number >= min && number <= max) {
    *value = number;
  } else {
    Refuse(name, absl::StrCat("a whole number, ", min, " to ", max));
  }
}

void ParamReader::Microseconds(std::string_view name, int64_t min, int64_t max,
                               int64_t* value_ns) {
  if (Find(name) == nullptr) return;
  int64_t value = 0;
  Int(name, min, max, &value);
  if (status_.ok()) *value_ns = value * kNsPerUs;
}

void ParamReader::MicrosecondsList(std::string_view name, int64_t min,
                                   int64_t max,
                                   std::vector<int64_t>* values_ns) {
  const std::string* const text = Find(name);
  if (text == nullptr) return;
  std::vector<int64_t> values;
  for (const auto& item : absl::StrSplit(*text, ',')) {
    int64_t value;
    if (!absl::SimpleAtoi(item, &value) || value < min || value > max) {
      Refuse(name, absl::StrCat("whole numbers, ", min, " to ", max,
                                ", with commas in between"));
      return;
    }
    values.push_back(value * kNsPerUs);
  }
  *values_ns = std::move(values);
}

}  // namespace jiffy::sched
