// Records failures, from many threads at once.
//
// Recording takes no lock and allocates nothing, since malloc itself may be
// broken. All failures are counted and the first ones are kept: the very first
// with up to 4,000 characters, the others with fewer.
#ifndef JIFFY_TESTS_TORTURE_FAILURES_H_
#define JIFFY_TESTS_TORTURE_FAILURES_H_

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jiffy::torture {

class Failures {
 public:
  Failures() = default;
  Failures(const Failures&) = delete;
  Failures& operator=(const Failures&) = delete;

  // Records that something is wrong. Returns false.
  bool Note(const char* file, int line, const char* what);
  // Does the same for two numbers.
  bool NoteDifference(const char* file, int line, const char* what,
                      int64_t wanted, int64_t got);
  bool NoteReals(const char* file, int line, const char* what,
                 long double wanted, long double got);
  // Does the same for two texts: where they first differ, and both of them.
  bool NoteTexts(const char* file, int line, const char* what,
                 std::string_view wanted, std::string_view got);

  uint64_t count() const { return count_.load(); }
  // Returns the first messages.
  std::vector<std::string> Messages() const;

 private:
  static constexpr int kKept = 20;
  // The buffer for a message; there is none if `size` is 0.
  struct Place {
    char* text = nullptr;
    size_t size = 0;
    std::atomic<bool>* ready = nullptr;
  };

  Place Take();

  std::atomic<uint64_t> count_{0};
  std::atomic<bool> ready_[kKept] = {};
  char first_[4001] = {};
  char others_[kKept - 1][600] = {};
};

template <std::equality_comparable T>
bool ExpectEqual(Failures& failures, const char* file, int line,
                 const char* what, const T& wanted, const T& got) {
  if (wanted == got) return true;
  if constexpr (std::integral<T>) {
    return failures.NoteDifference(file, line, what,
                                   static_cast<int64_t>(wanted),
                                   static_cast<int64_t>(got));
  } else if constexpr (std::floating_point<T>) {
    return failures.NoteReals(file, line, what, wanted, got);
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    return failures.NoteTexts(file, line, what, wanted, got);
  } else {
    return failures.Note(file, line, what);
  }
}

}  // namespace jiffy::torture

// Macros, for the file's name and the line's number. Both return whether all is
// well.
#define TORTURE_EXPECT(failures, condition) \
  ((condition) || (failures).Note(__FILE__, __LINE__, #condition))

// `got` is converted to the type of `wanted`.
#define TORTURE_EXPECT_EQ(failures, wanted, got)                 \
  ::jiffy::torture::ExpectEqual<std::decay_t<decltype(wanted)>>( \
      failures, __FILE__, __LINE__, #got, wanted, got)

#endif  // JIFFY_TESTS_TORTURE_FAILURES_H_
