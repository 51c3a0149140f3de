// ./jiffy doctor: what this machine lets jiffy do, what jiffy does about it,
// and a line for each problem with its cure. Exits with 1 if there is a
// problem.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "tools/doctor/findings.h"

namespace jiffy::doctor {
namespace {

constexpr char kUsage[] =
    "usage: ./jiffy doctor\n"
    "\n"
    "Prints what this machine lets jiffy do, what jiffy does about it, and a\n"
    "line for each problem with its cure. Exits with 1 if there is one.\n";

int Main(int argc, char** argv) {
  if (argc > 1) {
    const std::string argument = argv[1];
    if (argument == "-h" || argument == "--help") {
      std::printf("%s", kUsage);
      return 0;
    }
    std::fprintf(stderr, "jiffy doctor: takes no arguments, not '%s'\n",
                 argv[1]);
    return 2;
  }
  int problems = 0;
  for (const Finding& finding : ExamineMachine()) {
    std::printf("%-14s %s\n", finding.subject.c_str(), finding.fact.c_str());
    if (!finding.consequence.empty()) {
      std::printf("%-14s -> %s\n", "", finding.consequence.c_str());
    }
    if (!finding.cure.empty()) {
      ++problems;
      std::printf("%-14s PROBLEM; cure: %s\n", "", finding.cure.c_str());
    }
  }
  if (problems == 0) {
    std::printf("no problems\n");
  } else {
    std::printf("%d problem%s\n", problems, problems == 1 ? "" : "s");
  }
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "jiffy doctor: cannot write: %s\n",
                 std::strerror(errno));
    return 1;
  }
  return problems == 0 ? 0 : 1;
}

}  // namespace
}  // namespace jiffy::doctor

int main(int argc, char** argv) { return jiffy::doctor::Main(argc, argv); }
