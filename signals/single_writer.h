// Numbers with one writer and any number of readers.
#ifndef JIFFY_SIGNALS_SINGLE_WRITER_H_
#define JIFFY_SIGNALS_SINGLE_WRITER_H_

#include <atomic>
#include <cstdint>

namespace jiffy::signals {

// A number that only its writer changes and any thread may read at any time. A
// change is a plain load and a plain store, no locked instruction. Several such
// numbers, read one after the other, may be from different moments. The handler
// and the thread that it interrupts are two writers.
template <typename T>
class SingleWriter {
 public:
  constexpr SingleWriter() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): stands for a number.
  constexpr SingleWriter(T value) : value_(value) {}

  // NOLINTNEXTLINE(google-explicit-constructor)
  operator T() const { return value_.load(std::memory_order_relaxed); }

  SingleWriter& operator=(T value) {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  SingleWriter& operator+=(T change) { return *this = *this + change; }
  SingleWriter& operator-=(T change) { return *this = *this - change; }
  SingleWriter& operator++() { return *this += 1; }
  SingleWriter& operator--() { return *this -= 1; }

 private:
  std::atomic<T> value_{};
};

using Counter = SingleWriter<uint64_t>;

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_SINGLE_WRITER_H_
