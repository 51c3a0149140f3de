// Runs the laboratory's program as a user does, in this test's own folder.
#ifndef JIFFY_TESTS_LAB_LAB_PROGRAM_H_
#define JIFFY_TESTS_LAB_LAB_PROGRAM_H_

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace jiffy::lab {

struct Finished {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class LabProgramTest : public testing::Test {
 protected:
  // `name` is that of the folder, in the tests' own.
  explicit LabProgramTest(const std::string& name)
      : folder_(testing::TempDir() + "/" + name) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }

  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
  }

  static std::string ReadPath(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string Read(const std::string& name) const {
    return ReadPath(Path(name));
  }

  // Returns the names of all files in the folder.
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  // Runs the program in the test's folder, with arguments in the shell's
  // syntax; redirections are allowed.
  Finished Lab(const std::string& arguments) const {
    const std::string out = folder_ + ".out";
    const std::string err = folder_ + ".err";
    // A later redirection wins: `> file` in the arguments overrides this one.
    const std::string command = absl::StrCat(
        "cd ", folder_, " && { ", std::filesystem::current_path().string(),
        "/tools/lab/lab ", arguments, "; } >", out, " 2>", err);
    const int status = std::system(command.c_str());
    return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            .out = ReadPath(out),
            .err = ReadPath(err)};
  }

  const std::string folder_;
};

}  // namespace jiffy::lab

#endif  // JIFFY_TESTS_LAB_LAB_PROGRAM_H_
