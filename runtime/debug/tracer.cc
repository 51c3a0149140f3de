#include "runtime/core/tracer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "arch/cycles.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

// A thread takes several events until it ends, so this many names suffice for
// all events of a full ring.
constexpr size_t kEventsPerName = 4;
constexpr size_t kMinCapacity = 16;

// Returns memory that reads as zero, or nullptr.
void* Map(size_t size, int flags) {
  void* memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

// Returns whether the machine's counter keeps time. On x86 the kernel monitors
// the counter and switches to another clock if it does not; elsewhere the
// architecture guarantees it.
bool CounterIsSteady() {
#if defined(__x86_64__) || defined(__i386__)
  const int file =
      open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
           O_RDONLY | O_CLOEXEC);
  if (file < 0) return true;
  char text[64];
  const ssize_t length = read(file, text, sizeof text);
  close(file);
  if (length <= 0) return true;
  std::string_view clock(text, static_cast<size_t>(length));
  clock = clock.substr(0, clock.find('\n'));
  for (const std::string_view other :
       {"hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies"}) {
    if (clock == other) return false;
  }
#endif
  return true;
}

}  // namespace

Tracer::~Tracer() {
  if (events_ != nullptr) munmap(events_, (mask_ + 1) * sizeof(Event));
  if (names_ != nullptr) munmap(names_, (names_mask_ + 1) * sizeof(Name));
}

absl::Status Tracer::Start(size_t capacity, int64_t start_ns, bool exact) {
  if (capacity == 0) return absl::OkStatus();
  capacity = std::bit_ceil(std::max(capacity, kMinCapacity));
  const size_t names = capacity / kEventsPerName;
  // Populated: a page fault costs as much as many events.
  void* events = Map(capacity * sizeof(Event), MAP_POPULATE);
  names_ = static_cast<Name*>(Map(names * sizeof(Name), 0));
  if (names_ != nullptr) names_mask_ = names - 1;
  if (events == nullptr || names_ == nullptr) {
    if (events != nullptr) munmap(events, capacity * sizeof(Event));
    return absl::ResourceExhaustedError(
        absl::StrCat("trace_capacity = ", capacity, ": no memory for ",
                     capacity * sizeof(Event), " bytes of events"));
  }
  events_ = static_cast<Event*>(events);
  mask_ = capacity - 1;
  counter_ = !exact && CounterIsSteady();
  start_ns_ = start_ns;
  started_ = ReadBothClocks();
  return absl::OkStatus();
}

Tracer::Moment Tracer::ReadBothClocks() const {
  if (!counter_) {
    const int64_t now = signals::MonotonicNs();
    return {static_cast<uint64_t>(now), now};
  }
  // Takes the least disturbed reading.
  constexpr int kReadings = 16;
  Moment best;
  uint64_t shortest = UINT64_MAX;
  for (int i = 0; i < kReadings; ++i) {
    const uint64_t before = arch::Cycles();
    const int64_t ns = signals::MonotonicNs();
    const uint64_t took = arch::Cycles() - before;
    if (took < shortest) {
      shortest = took;
      best = {before + took / 2, ns};
    }
  }
  return best;
}

Recording Tracer::Read() const {
  Recording recording;
  if (!on()) return recording;
  const Moment now = ReadBothClocks();
  double ns_per_count = 1;
  if (counter_ && now.stamp != started_.stamp) {
    ns_per_count = static_cast<double>(now.ns - started_.ns) /
                   static_cast<double>(now.stamp - started_.stamp);
  }
  const uint64_t kept = std::min(count_, mask_ + 1);
  recording.dropped = count_ - kept;
  recording.records.reserve(kept);
  // The counters of two CPUs may differ by a little, and some count in steps of
  // several nanoseconds.
  int64_t latest = -1;
  for (uint64_t i = count_ - kept; i < count_; ++i) {
    const Event& event = events_[i & mask_];
    const auto counts = static_cast<int64_t>(event.stamp - started_.stamp);
    const int64_t since_started =
        counter_
            ? static_cast<int64_t>(static_cast<double>(counts) * ns_per_count)
            : counts;
    latest = std::max(latest + 1, started_.ns - start_ns_ + since_started);
    TraceRecord record = {.time_ns = latest,
                          .kind = static_cast<TraceKind>(event.word & 0xff)};
    if (record.kind == TraceKind::kSpanBegin ||
        record.kind == TraceKind::kSpanEnd) {
      record.subject = event.word >> 8;
    } else {
      record.subject = event.word >> 16;
      record.detail = static_cast<uint8_t>(event.word >> 8);
    }
    recording.records.push_back(record);
  }
  const uint64_t names = std::min(names_count_, names_mask_ + 1);
  for (uint64_t i = names_count_ - names; i < names_count_; ++i) {
    const Name& name = names_[i & names_mask_];
    recording.names[name.id] = name.text;
  }
  return recording;
}

}  // namespace jiffy::internal
