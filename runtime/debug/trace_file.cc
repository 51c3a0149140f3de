#include "runtime/debug/trace_file.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "runtime/core/tracer.h"
#include "runtime/core/waiter.h"
#include "runtime/debug/wait_name.h"
#include "runtime/stats.h"
#include "trace/chrome_json.h"

namespace jiffy::internal {
namespace {

using trace::Quoted;

// To the viewer, the groups of tracks are processes.
constexpr int kCpu = 1;
constexpr int kThreads = 2;

constexpr trace::Track kWorkerTrack = {.process = kCpu, .thread = 1};

// Two tracks a thread, one below the other.
trace::Track StateTrack(uint64_t id) {
  return {.process = kThreads, .thread = static_cast<int64_t>(2 * id)};
}
trace::Track SpanTrack(uint64_t id) {
  return {.process = kThreads, .thread = static_cast<int64_t>(2 * id + 1)};
}

bool IsSwitch(const TraceRecord& record) {
  return record.kind == TraceKind::kSwitch;
}

LeaveReason ReasonOf(const TraceRecord& record) {
  return static_cast<LeaveReason>(
      std::min(record.detail, static_cast<uint8_t>(LeaveReason::kBlocked)));
}

WaitKind WaitOf(const TraceRecord& record) {
  return static_cast<WaitKind>(record.detail -
                               static_cast<uint8_t>(LeaveReason::kBlocked));
}

// Replays a recording and writes the trace.
class Replay {
 public:
  Replay(const Recording& recording, trace::OutputFile& file)
      : recording_(recording), json_(file) {}

  void Run(std::string_view scheduler) {
    json_.NameProcess(kCpu,
                      Quoted(absl::StrCat("CPU, ", std::string(scheduler))));
    json_.NameProcess(
        kThreads, Quoted(absl::StrCat("threads, ", std::string(scheduler))));
    json_.NameThread(kWorkerTrack, "\"worker 0\"");

    const std::vector<TraceRecord>& records = recording_.records;
    size_t begin = 0;
    if (recording_.dropped != 0) begin = FindBeginning();
    for (size_t i = begin; i < records.size(); ++i) Take(records[i]);
    if (!records.empty()) Finish(records.back().time_ns);
    json_.End();
  }

 private:
  enum class State : uint8_t { kBlocked, kRunnable, kRunning };

  struct Span {
    uint64_t label = 0;
    int64_t since_ns = 0;
    // -1 while it goes on.
    int64_t until_ns = -1;
    std::string_view arguments = "{}";
  };

  struct Thread {
    uint64_t id = 0;
    // As JSON.
    std::string name;
    State state = State::kBlocked;
    int64_t since_ns = 0;
    // Who made it runnable (0 for nobody), and by what.
    uint64_t waker = 0;
    std::string_view wakeup;
    // Ordered by their beginning; includes spans that have ended.
    std::vector<Span> spans;
  };

  // If the oldest events are lost, the rest makes sense from the first switch
  // on. Returns its place, and infers which threads were runnable there: each
  // one that comes to the CPU before any other event of its own.
  size_t FindBeginning() {
    const std::vector<TraceRecord>& records = recording_.records;
    const auto first = std::find_if(records.begin(), records.end(), IsSwitch);
    if (first == records.end()) return records.size();
    const int64_t time_ns = first->time_ns;
    json_.GlobalMark(
        kCpu, time_ns,
        Quoted(absl::StrCat("older events lost: ", recording_.dropped)));
    absl::flat_hash_set<uint64_t> told = {0, first->subject};
    for (auto record = first + 1; record != records.end(); ++record) {
      if (record->kind == TraceKind::kSpanBegin ||
          record->kind == TraceKind::kSpanEnd ||
          !told.insert(record->subject).second || !IsSwitch(*record)) {
        continue;
      }
      SetRunnable(ThreadOf(record->subject), time_ns, 0, "");
    }
    begin_ns_ = time_ns;
    return static_cast<size_t>(first - records.begin());
  }

  void Take(const TraceRecord& record) {
    switch (record.kind) {
      case TraceKind::kSpawn:
        SetRunnable(ThreadOf(record.subject), record.time_ns, current_,
                    "\"spawn\"");
        break;
      case TraceKind::kWakeup:
        Wake(record);
        break;
      case TraceKind::kSwitch:
        Switch(record);
        break;
      case TraceKind::kSpanBegin:
        if (current_ == 0) break;
        ThreadOf(current_).spans.push_back({record.subject, record.time_ns});
        break;
      case TraceKind::kSpanEnd:
        if (current_ != 0) EndSpan(ThreadOf(current_), record);
        break;
    }
    if (runnable_ != runnable_told_) {
      runnable_told_ = runnable_;
      json_.Counter(kCpu, record.time_ns, "\"threads waiting for the CPU\"",
                    runnable_);
    }
  }

  // A thread that the policy woke before it left the CPU stays on the CPU.
  void Wake(const TraceRecord& record) {
    Thread& thread = ThreadOf(record.subject);
    if (thread.state != State::kBlocked) return;
    const auto waker = static_cast<Waker>(record.detail);
    const bool by_thread = waker == Waker::kThread && current_ != 0;
    SetRunnable(thread, record.time_ns, by_thread ? current_ : 0,
                "\"wake-up\"");
    if (by_thread) return;
    json_.Mark(StateTrack(thread.id), record.time_ns, "\"wake-up\"",
               waker == Waker::kTimer     ? R"({"by":"timer"})"
               : waker == Waker::kOutside ? R"({"by":"OS thread"})"
                                          : R"({"by":"scheduler"})");
  }

  void Switch(const TraceRecord& record) {
    const int64_t now = record.time_ns;
    if (current_ != 0) Leave(ThreadOf(current_), record);
    current_ = record.subject;
    if (current_ == 0) return;
    Thread& next = ThreadOf(current_);
    if (next.state == State::kRunnable) {
      json_.Slice(StateTrack(next.id), next.since_ns, now, "\"runnable\"",
                  "thread_state_runnable", "{}");
      if (next.waker != 0) {
        json_.Arrow(++arrows_, next.wakeup, StateTrack(next.waker),
                    next.since_ns, StateTrack(next.id), next.since_ns);
      }
      --runnable_;
    }
    next.state = State::kRunning;
    next.since_ns = now;
  }

  void Leave(Thread& thread, const TraceRecord& record) {
    std::string_view name;
    std::string_view color;
    std::string arguments;
    switch (ReasonOf(record)) {
      case LeaveReason::kPreempted:
        name = "\"ran, preempted\"";
        color = "terrible";
        arguments = R"({"end":"preempted"})";
        break;
      case LeaveReason::kFinished:
        name = "\"ran, finished\"";
        color = "black";
        arguments = R"({"end":"finished"})";
        break;
      case LeaveReason::kBlocked:
        name = "\"ran, blocked\"";
        color = "thread_state_iowait";
        arguments = absl::StrCat(R"({"end":"blocked","waits for":")",
                                 WaitObjectName(WaitOf(record)), "\"}");
        break;
      default:
        name = "\"ran, yielded\"";
        color = "good";
        arguments = R"({"end":"yielded"})";
    }
    RunSlice(thread, record.time_ns, name, color, arguments);
    const LeaveReason reason = ReasonOf(record);
    if (reason == LeaveReason::kYielded || reason == LeaveReason::kPreempted) {
      SetRunnable(thread, record.time_ns, 0, "");
    } else {
      thread.state = State::kBlocked;
      thread.since_ns = record.time_ns;
    }
  }

  void RunSlice(const Thread& thread, int64_t until_ns, std::string_view name,
                std::string_view color, std::string_view arguments) {
    json_.Slice(kWorkerTrack, thread.since_ns, until_ns, thread.name, "",
                arguments);
    json_.Slice(StateTrack(thread.id), thread.since_ns, until_ns, name, color,
                arguments);
  }

  void SetRunnable(Thread& thread, int64_t now, uint64_t waker,
                   std::string_view wakeup) {
    thread.state = State::kRunnable;
    thread.since_ns = now;
    thread.waker = waker;
    thread.wakeup = wakeup;
    ++runnable_;
  }

  void EndSpan(Thread& thread, const TraceRecord& record) {
    // The innermost span of that label; normally the innermost of all.
    const auto span = std::find_if(
        thread.spans.rbegin(), thread.spans.rend(), [&](const Span& open) {
          return open.until_ns < 0 && open.label == record.subject;
        });
    if (span != thread.spans.rend()) {
      span->until_ns = record.time_ns;
    } else {
      // The span began before the trace.
      thread.spans.push_back(
          {record.subject, begin_ns_, record.time_ns, R"({"begin":"lost"})"});
    }
  }

  // Writes outer spans first: viewers need that for spans that begin together.
  void WriteSpans(Thread& thread) {
    if (thread.spans.empty()) return;
    json_.NameThread(SpanTrack(thread.id),
                     Quoted(absl::StrCat(PlainName(thread.id), ": spans")));
    std::sort(thread.spans.begin(), thread.spans.end(),
              [](const Span& a, const Span& b) {
                return std::pair(a.since_ns, -a.until_ns) <
                       std::pair(b.since_ns, -b.until_ns);
              });
    for (const Span& span : thread.spans) {
      json_.Slice(SpanTrack(thread.id), span.since_ns, span.until_ns,
                  Quoted(reinterpret_cast<const char*>(
                      static_cast<uintptr_t>(span.label))),
                  "", span.arguments);
    }
  }

  // Ends what is still open when the recording ends, with the CPU idle: spans
  // of threads that were given up in a deadlock, or ended without leaving their
  // scopes; waits of threads that the policy would not choose.
  void Finish(int64_t now) {
    for (Thread& thread : threads_) {
      for (Span& span : thread.spans) {
        if (span.until_ns >= 0) continue;
        span.until_ns = now;
        span.arguments = R"({"end":"of trace"})";
      }
      WriteSpans(thread);
      if (thread.state == State::kRunnable) {
        json_.Slice(StateTrack(thread.id), thread.since_ns, now, "\"runnable\"",
                    "thread_state_runnable", R"({"end":"of trace"})");
      }
    }
  }

  std::string PlainName(uint64_t id) const {
    const auto name = recording_.names.find(id);
    return name == recording_.names.end() ? absl::StrCat("thread-", id)
                                          : name->second;
  }

  Thread& ThreadOf(uint64_t id) {
    const auto [index, is_new] = indices_.try_emplace(id, threads_.size());
    if (is_new) {
      Thread& thread = threads_.emplace_back();
      thread.id = id;
      thread.name = Quoted(PlainName(id));
      json_.NameThread(StateTrack(id), thread.name);
    }
    return threads_[index->second];
  }

  const Recording& recording_;
  trace::ChromeJson json_;
  // When the complete part of the trace begins.
  int64_t begin_ns_ = 0;
  // Threads by id, and in the order of their first appearance.
  absl::flat_hash_map<uint64_t, size_t> indices_;
  std::vector<Thread> threads_;
  uint64_t current_ = 0;
  uint64_t arrows_ = 0;
  int64_t runnable_ = 0;
  int64_t runnable_told_ = 0;
};

}  // namespace

void WriteTrace(const Recording& recording, std::string_view scheduler,
                trace::OutputFile& file) {
  Replay(recording, file).Run(scheduler);
}

SwitchTrace SwitchesOf(const Recording& recording, uint64_t switches) {
  SwitchTrace trace;
  // If older events are lost, who ran before the first switch is unknown.
  bool known = recording.dropped == 0;
  uint64_t previous = 0;
  for (const TraceRecord& record : recording.records) {
    if (!IsSwitch(record)) continue;
    if (known) {
      const LeaveReason reason = ReasonOf(record);
      trace.records.push_back({record.time_ns, previous, record.subject,
                               reason == LeaveReason::kBlocked    ? 'S'
                               : reason == LeaveReason::kFinished ? 'X'
                                                                  : 'R'});
    }
    known = true;
    previous = record.subject;
  }
  if (recording.dropped != 0) trace.dropped = switches - trace.records.size();
  return trace;
}

}  // namespace jiffy::internal
