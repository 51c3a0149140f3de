// The data of one run on a page: which task was on a CPU when, and why.
#ifndef JIFFY_TOOLS_PAGE_RUN_TRACE_H_
#define JIFFY_TOOLS_PAGE_RUN_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace jiffy::page {

// Limits of one page. Its runs share them: each may use an even part of the
// rest that the runs before it left. Metrics cover the whole run without limit.
inline constexpr size_t kMaxSlices = 1'000'000;
inline constexpr size_t kMaxWakeups = 1'000'000;
// Explained decisions and their candidates, together; and their words.
inline constexpr size_t kMaxExplanations = 1'000'000;
inline constexpr size_t kMaxTextBytes = size_t{16} << 20;
inline constexpr size_t kMaxTasks = 10'000;
// Of one decision: more than anybody reads. The chosen one is always shown.
inline constexpr size_t kMaxCandidates = 16;

struct Limits {
  size_t slices = kMaxSlices;
  size_t wakeups = kMaxWakeups;
  size_t explanations = kMaxExplanations;
  size_t text_bytes = kMaxTextBytes;
  size_t tasks = kMaxTasks;
};

// In place of a task.
inline constexpr int32_t kNobody = -1;      // The idle task, or a timer.
inline constexpr int32_t kUnkeptTask = -2;  // One beyond Limits::tasks.

// Why a slice ended, as a letter.
enum class SliceEnd : char {
  kTick = 'T',       // A tick ended its turn.
  kWakeup = 'W',     // A task that was woken preempted it.
  kPreempted = 'P',  // One of these two.
  kYielded = 'Y',
  kBlocked = 'B',
  kFinished = 'X',
  kMigrated = 'M',  // It went to another CPU.
  kRunEnd = 'E',    // The run was over.
  kCut = 'C',       // It went on; no more is kept.
};

struct Slice {
  int64_t start_us = 0;
  int64_t length_us = 0;
  // How long it was runnable without a CPU before.
  int64_t waited_us = 0;
  int32_t task = 0;
  int32_t cpu = 0;
  SliceEnd end = SliceEnd::kTick;
};

struct Wakeup {
  int64_t time_us = 0;
  int32_t task = 0;
  int32_t by = kNobody;
};

// A question to the policy and its answer. Its candidates are the next
// `candidates` of RunTrace::candidates.
struct Explained {
  int64_t time_us = 0;
  int32_t cpu = 0;
  // Of RunTrace::texts.
  uint32_t cause = 0;
  uint32_t rule = 0;
  int32_t next = kNobody;
  uint32_t candidates = 0;
  // Candidates that are not kept.
  uint32_t hidden = 0;
};

struct ExplainedCandidate {
  int32_t task = 0;
  // The policy's data of the task before and after its choice, as indices of
  // RunTrace::texts.
  uint32_t before = 0;
  uint32_t after = 0;
};

// Somebody who is runnable, but has no CPU when the trace ends.
struct OpenWait {
  int32_t task = 0;
  int64_t since_us = 0;
};

// A bounded trace: it keeps the beginning of a run that is too long, and says
// so. Times never go back, but for the starts of slices, which come in the
// order of their ends.
struct RunTrace {
  explicit RunTrace(const Limits& run_limits) : limits(run_limits) {}

  // Each returns whether there was room.
  bool Add(const Slice& slice);
  bool Add(const Wakeup& wakeup);
  // Returns whether there is room for a decision with so many candidates and
  // texts of that size in all.
  bool HasRoomFor(size_t shown_candidates, size_t bytes) const {
    return explained.size() + candidates.size() + 1 + shown_candidates <=
               limits.explanations &&
           text_bytes_ + bytes <= limits.text_bytes;
  }
  size_t text_bytes() const { return text_bytes_; }
  // Returns the number of a text, which is kept once.
  uint32_t Intern(std::string_view text);

  const Limits limits;
  // By the task's index.
  std::vector<std::string> tasks;
  std::vector<Slice> slices;
  std::vector<Wakeup> wakeups;
  std::vector<Explained> explained;
  std::vector<ExplainedCandidate> candidates;
  std::vector<std::string> texts = {""};
  std::vector<OpenWait> open_waits;
  // Live traces have none.
  bool has_wakeups = true;
  bool has_explanations = true;
  // Until when slices and wake-ups are kept, and from when no decision is
  // explained any more; -1: the end of the run.
  int64_t kept_until_us = -1;
  int64_t explained_until_us = -1;
  // From when they are kept; later than 0 if the oldest were overwritten.
  int64_t kept_from_us = 0;
  // Remarks for the reader, such as a deadlock.
  std::vector<std::string> notes;
  // Numbers of slices and tasks that were not kept.
  uint64_t dropped_slices = 0;
  uint64_t dropped_tasks = 0;

 private:
  size_t text_bytes_ = 0;
  absl::flat_hash_map<std::string, uint32_t> text_numbers_ = {{"", 0}};
};

}  // namespace jiffy::page

#endif  // JIFFY_TOOLS_PAGE_RUN_TRACE_H_
