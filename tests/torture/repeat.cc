#include "tests/torture/repeat.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "runtime/runtime.h"
#include "tests/torture/flags.h"

namespace jiffy::torture {
namespace {

// The command without the case, and the line of the current case; the latter is
// for signal handlers, which must not allocate.
std::string* command = nullptr;
char current_line[1024];
volatile sig_atomic_t current_length = 0;

// Bazel gives the target's name.
std::string Command(const std::string& program, uint64_t seed) {
  const char* target = getenv("TEST_TARGET");
  const char* before = target == nullptr ? " " : " --test_arg=";
  std::string text = target == nullptr ? program
                                       : std::string("./jiffy test ") + target +
                                             " --cache_test_results=no";
  text += before + ("--torture_seed=" + std::to_string(seed));
  if (SecondsPerCase() != 0) {
    text += before + ("--torture_seconds=" + std::to_string(SecondsPerCase()));
  }
  return text + before + "--gtest_filter=";
}

std::string NameOf(const testing::TestInfo& test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

std::string LineOf(const testing::TestInfo& test, const char* what) {
  return "torture: " + NameOf(test) + " " + what +
         ". To repeat its draws:\n  " + *command + NameOf(test) + "\n";
}

// Keeps the line of the current case.
class Follower : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& test) override {
    const std::string line = LineOf(test, "was ended by a signal");
    current_length = 0;
    current_length =
        static_cast<sig_atomic_t>(line.copy(current_line, sizeof current_line));
  }
  void OnTestEnd(const testing::TestInfo& /*test*/) override {
    current_length = 0;
  }
};

// Async-signal-safe.
void Say(const char* text, size_t size) {
  // If standard error cannot be written, the message is lost.
  if (write(STDERR_FILENO, text, size) < 0) return;
}

void HandleFatalSignal(int number) {
  const int error = errno;
  Say(current_line, static_cast<size_t>(current_length));
  if (number == SIGTERM) Runtime::Dump();
  // The default action follows: now, or when the instruction faults again.
  signal(number, SIG_DFL);
  if (number == SIGTERM) raise(number);
  errno = error;
}

}  // namespace

void ReportFatalSignals(const std::string& program, uint64_t seed) {
  command = new std::string(Command(program, seed));
  testing::UnitTest::GetInstance()->listeners().Append(new Follower);
  struct sigaction action = {};
  action.sa_handler = &HandleFatalSignal;
  action.sa_flags = SA_ONSTACK;
  for (const int number : {SIGTERM, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) {
    // Signals that are needed to report a fault stay unblocked.
    sigemptyset(&action.sa_mask);
    if (number == SIGTERM) {
      sigfillset(&action.sa_mask);
      for (const int fault : {SIGSEGV, SIGBUS}) {
        sigdelset(&action.sa_mask, fault);
      }
    }
    sigaction(number, &action, nullptr);
  }
}

void ReportFailedCases() {
  fflush(stdout);
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const testing::TestInfo& test = *suite.GetTestInfo(j);
      if (!test.should_run() || test.result()->Passed() ||
          test.result()->Skipped()) {
        continue;
      }
      const std::string line = LineOf(test, "failed");
      Say(line.data(), line.size());
    }
  }
}

}  // namespace jiffy::torture
