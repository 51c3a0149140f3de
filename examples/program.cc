#include "examples/program.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace jiffy::examples {
namespace {

const char* program_name = "";
int first_error = 0;

void CheckOutput() {
  const bool failed_before = ferror(stdout) != 0;
  if (fflush(stdout) == 0 && !failed_before) return;
  if (!failed_before) NoteLostOutput(errno);
  fprintf(stderr, "%s: cannot write to standard output%s%s\n", program_name,
          first_error == 0 ? "" : ": ",
          first_error == 0 ? "" : strerror(first_error));
  // exit() is under way, and cannot be called again.
  _exit(1);
}

}  // namespace

void PrintUsageIfAsked(int argc, char** argv, const char* usage) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument != "--help" && argument != "-h") continue;
    fputs(usage, stdout);
    exit(EXIT_SUCCESS);
  }
}

void CheckOutputAtExit(const char* program) {
  program_name = program;
  atexit(&CheckOutput);
}

void NoteLostOutput(int error) {
  if (first_error == 0) first_error = error;
}

}  // namespace jiffy::examples
