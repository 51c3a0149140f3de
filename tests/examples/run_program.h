// Runs a program as a user does: its output, its errors, its exit status.
#ifndef JIFFY_TESTS_EXAMPLES_RUN_PROGRAM_H_
#define JIFFY_TESTS_EXAMPLES_RUN_PROGRAM_H_

#include <string>

namespace jiffy::examples {

struct Outcome {
  // -1 if the program did not exit by itself.
  int exit_status = -1;
  std::string out;
  std::string err;
};

// Runs a shell command in the test's folder.
Outcome RunProgram(const std::string& command);

// Returns the content of a file, "" if there is none.
std::string ReadAll(const std::string& path);
void WriteAll(const std::string& path, const std::string& text);

// Returns a path, in this test's own folder, for a file of that name.
std::string TempPath(const std::string& name);

}  // namespace jiffy::examples

#endif  // JIFFY_TESTS_EXAMPLES_RUN_PROGRAM_H_
