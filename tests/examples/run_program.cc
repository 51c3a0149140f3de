#include "tests/examples/run_program.h"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace jiffy::examples {

Outcome RunProgram(const std::string& command) {
  const std::string out = TempPath("stdout");
  const std::string err = TempPath("stderr");
  const int status =
      system((command + " >'" + out + "' 2>'" + err + "' </dev/null").c_str());
  Outcome outcome;
  if (WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
  outcome.out = ReadAll(out);
  outcome.err = ReadAll(err);
  return outcome;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteAll(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string TempPath(const std::string& name) {
  return testing::TempDir() + "/" + name;
}

}  // namespace jiffy::examples
