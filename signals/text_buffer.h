// Builds text for a file descriptor without the heap, for reports from signal
// handlers. Async-signal-safe.
#ifndef JIFFY_SIGNALS_TEXT_BUFFER_H_
#define JIFFY_SIGNALS_TEXT_BUFFER_H_

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace jiffy::signals {

// A number to write in base 16, with the prefix 0x.
struct Hex {
  uintptr_t number;
};

// Writes the text when the buffer is full, in Flush, and in the destructor.
// Text that the descriptor does not accept is lost.
//
//   TextBuffer<256>(STDERR_FILENO) << "thread " << id << "\n";
template <size_t kRoom>
class TextBuffer {
 public:
  explicit TextBuffer(int fd) : fd_(fd) {}
  ~TextBuffer() { Flush(); }
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  TextBuffer& operator<<(std::string_view text) noexcept {
    while (!text.empty()) {
      if (size_ == kRoom) Flush();
      const size_t part = std::min(text.size(), kRoom - size_);
      memcpy(buffer_ + size_, text.data(), part);
      size_ += part;
      text.remove_prefix(part);
    }
    return *this;
  }
  TextBuffer& operator<<(std::integral auto number) noexcept {
    return Number(static_cast<uint64_t>(number), 10);
  }
  TextBuffer& operator<<(Hex hex) noexcept {
    return (*this << "0x").Number(hex.number, 16);
  }

  void Flush() noexcept {
    const int saved_errno = errno;
    size_t done = 0;
    while (done < size_) {
      // Not write(), which may be replaced (runtime/interpose/send.cc).
      const long n = syscall(SYS_write, fd_, buffer_ + done, size_ - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    size_ = 0;
    errno = saved_errno;
  }

 private:
  TextBuffer& Number(uint64_t number, int base) noexcept {
    char digits[20];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, number, base);
    return *this << std::string_view(digits,
                                     static_cast<size_t>(end.ptr - digits));
  }

  const int fd_;
  size_t size_ = 0;
  char buffer_[kRoom];
};

}  // namespace jiffy::signals

#endif  // JIFFY_SIGNALS_TEXT_BUFFER_H_
