#include "tools/page/run_trace.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace jiffy::page {

bool RunTrace::Add(const Slice& slice) {
  if (slices.size() >= limits.slices) return false;
  slices.push_back(slice);
  return true;
}

bool RunTrace::Add(const Wakeup& wakeup) {
  if (wakeups.size() >= limits.wakeups) return false;
  wakeups.push_back(wakeup);
  return true;
}

uint32_t RunTrace::Intern(std::string_view text) {
  std::string key(text);
  const auto known = text_numbers_.find(key);
  if (known != text_numbers_.end()) return known->second;
  text_bytes_ += text.size();
  const auto number = static_cast<uint32_t>(texts.size());
  texts.push_back(key);
  text_numbers_.emplace(std::move(key), number);
  return number;
}

}  // namespace jiffy::page
