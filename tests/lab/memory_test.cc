// A run's memory does not grow with its length, whatever files are written.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jiffy::lab {
namespace {

struct Finished {
  int exit_code = -1;
  int64_t most_resident_kib = 0;
};

// Runs the program with these arguments; discards its output.
Finished Lab(std::vector<std::string> arguments) {
  std::string program = "tools/lab/lab";
  std::vector<char*> argv = {program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                   O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, program.c_str(), &actions, nullptr,
                                argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0);
  int status = 0;
  rusage usage = {};
  EXPECT_EQ(wait4(child, &status, 0, &usage), child);
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .most_resident_kib = usage.ru_maxrss};
}

TEST(MemoryTest, HundredTimesTheRun_TakesNoMoreMemory) {
  const std::string folder = testing::TempDir() + "/memory_test";
  std::filesystem::create_directory(folder);
  const std::string workload = folder + "/w.json";
  // Eight thousand switches a second, and as many wake-ups.
  std::ofstream(workload) << R"({"tasks": {
      "a": {"instance": 4, "run": 100, "sleep": 1000},
      "b": {"instance": 4, "run": 100, "sleep": 900}}})";
  const std::string csv = folder + "/rows.csv";
  const auto run = [&](const char* policy, const char* duration) {
    const Finished lab =
        Lab({workload, "--policy", policy, "--duration", duration, "--csv", csv,
             "--chrome", folder + "/t.json", "--ftrace", folder + "/t.txt"});
    EXPECT_EQ(lab.exit_code, 0);
    return lab.most_resident_kib;
  };
  for (const char* const policy : {"rr", "cfs"}) {
    const int64_t one_s = run(policy, "1");
    const auto bytes = std::filesystem::file_size(csv);
    const int64_t hundred_s = run(policy, "100");
    // There was something to keep.
    EXPECT_GT(std::filesystem::file_size(csv), 90 * bytes);
    EXPECT_GT(bytes, 100'000u);
    std::cout << policy << ": 1 s: " << one_s << " KiB, 100 s: " << hundred_s
              << " KiB\n";
    EXPECT_LT(hundred_s, one_s + 2048);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace jiffy::lab
