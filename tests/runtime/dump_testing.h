// What tests of dumps share: a dump as text, and a thread's part of it.
#ifndef JIFFY_TESTS_RUNTIME_DUMP_TESTING_H_
#define JIFFY_TESTS_RUNTIME_DUMP_TESTING_H_

#include <string>

namespace jiffy {

// A file without a name.
class Output {
 public:
  Output();
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  int fd() const { return fd_; }
  std::string Text() const;

 private:
  const int fd_;
};

// Returns what Runtime::Dump writes.
std::string DumpText();

// Returns what a dump says of one thread: its line and its frames.
std::string Part(const std::string& text, const std::string& name);

// Returns how many of the thread's frames are of a function with that in its
// name.
int CountFrames(const std::string& part, const std::string& function);

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_DUMP_TESTING_H_
