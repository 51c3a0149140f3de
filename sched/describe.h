// Builds text for Scheduler::Describe, without libc.
#ifndef JIFFY_SCHED_DESCRIBE_H_
#define JIFFY_SCHED_DESCRIBE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jiffy::sched {

// Writes text into a buffer and ends it with a zero byte; cuts off text that
// does not fit. Safe in signal handlers, as policies must be.
//
//   Description(buffer, size) << "counter " << task.counter;
class Description {
 public:
  // `size` must be positive.
  Description(char* buffer, size_t size) : at_(buffer), left_(size - 1) {
    *at_ = '\0';
  }

  Description& operator<<(std::string_view text) {
    for (const char c : text) Put(c);
    return *this;
  }

  // Writes digit by digit from the left: with an array of digits the compiler
  // would add its stack protector, which makes a call.
  Description& operator<<(int64_t number) {
    if (number < 0) Put('-');
    // Unsigned: the smallest number has no positive counterpart.
    uint64_t rest = static_cast<uint64_t>(number);
    if (number < 0) rest = 0 - rest;
    uint64_t unit = 1;
    while (rest / unit >= 10) unit *= 10;
    for (; unit != 0; unit /= 10) {
      Put(static_cast<char>('0' + rest / unit % 10));
    }
    return *this;
  }

 private:
  void Put(char c) {
    if (left_ == 0) return;
    *at_++ = c;
    *at_ = '\0';
    --left_;
  }

  char* at_;
  size_t left_;
};

}  // namespace jiffy::sched

#endif  // JIFFY_SCHED_DESCRIBE_H_
