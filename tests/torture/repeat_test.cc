// Whatever ends a torture test, its output has the seed, the case, and the
// command that repeats it.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  int status = 0;
  std::string output;
};

// Runs one case of the subject; sends it SIGTERM if it prints that it hangs.
Outcome RunCase(const std::string& name, const char* target = nullptr) {
  Outcome outcome;
  int ends[2];
  if (pipe(ends) != 0) abort();
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    // The subject's cases are not this test's.
    for (const char* variable :
         {"XML_OUTPUT_FILE", "TEST_TARGET", "TESTBRIDGE_TEST_ONLY"}) {
      unsetenv(variable);
    }
    if (target != nullptr) setenv("TEST_TARGET", target, 1);
    const std::string filter = "--gtest_filter=Subject." + name;
    execl("tests/torture/repeat_subject", "tests/torture/repeat_subject",
          "--torture_seed=77", filter.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  bool told = false;
  char part[4096];
  for (ssize_t got = 0; (got = read(ends[0], part, sizeof part)) > 0;) {
    outcome.output.append(part, static_cast<size_t>(got));
    if (!told && outcome.output.find("hanging\n") != std::string::npos) {
      told = true;
      kill(child, SIGTERM);
    }
  }
  close(ends[0]);
  waitpid(child, &outcome.status, 0);
  return outcome;
}

std::string Command(const std::string& name) {
  return ". To repeat its draws:\n"
         "  tests/torture/repeat_subject --torture_seed=77 "
         "--gtest_filter=Subject." +
         name + "\n";
}

TEST(Repeat, AllPass_OnlyTheSeedIsTold) {
  const Outcome outcome = RunCase("Passes");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("--torture_seed=77\n"),
                                    Not(HasSubstr("To repeat"))));
}

TEST(Repeat, ACaseFails_ItIsTheLastLine) {
  const Outcome outcome = RunCase("*s:-*.Hangs:*.Aborts:*.Crashes");
  EXPECT_EQ(WEXITSTATUS(outcome.status), 1);
  EXPECT_THAT(
      outcome.output,
      ::testing::EndsWith("torture: Subject.Fails failed" + Command("Fails")));
  EXPECT_THAT(outcome.output, Not(HasSubstr("Subject.Passes failed")));
}

TEST(Repeat, UnderBazel_TheCommandNamesTheTarget) {
  EXPECT_THAT(RunCase("Fails", "//tests/torture:a_test").output,
              ::testing::EndsWith(
                  "\n  ./jiffy test //tests/torture:a_test "
                  "--cache_test_results=no --test_arg=--torture_seed=77 "
                  "--test_arg=--gtest_filter=Subject.Fails\n"));
}

TEST(Repeat, AbortOrCrash_TheCaseIsToldAndTheSignalKills) {
  for (const auto& [name, signal] :
       {std::pair("Aborts", SIGABRT), std::pair("Crashes", SIGSEGV)}) {
    const Outcome outcome = RunCase(name);
    EXPECT_TRUE(WIFSIGNALED(outcome.status)) << outcome.output;
    EXPECT_EQ(WTERMSIG(outcome.status), signal);
    EXPECT_THAT(outcome.output,
                HasSubstr(std::string("torture: Subject.") + name +
                          " was ended by a signal" + Command(name)));
  }
}

TEST(Repeat, TimeOut_TheCaseAndWhatThreadsWaitForAreTold) {
  const Outcome outcome = RunCase("Hangs");
  EXPECT_TRUE(WIFSIGNALED(outcome.status)) << outcome.output;
  EXPECT_EQ(WTERMSIG(outcome.status), SIGTERM);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("torture: Subject.Hangs was ended by a signal" +
                              Command("Hangs")),
                    HasSubstr("'waiter' (#2) waits for an Event")));
}

}  // namespace
