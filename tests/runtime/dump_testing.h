// Common functions of the tests of dumps: a dump as text, and one thread's
// part.
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

// Returns the output of Runtime::Dump.
std::string DumpText();

// Returns a dump's text for one thread: its line and its frames.
std::string Part(const std::string& text, const std::string& name);

// Returns how many of the thread's frames belong to a function whose name
// contains `function`.
int CountFrames(const std::string& part, const std::string& function);

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_DUMP_TESTING_H_
