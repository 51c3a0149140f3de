// usage: yield_main SCHEDULER SHARED_TLS YIELDS
//
// Lets two threads yield to each other YIELDS times each, for a caller that
// counts system calls.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/jiffy.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const long yields = std::atol(argv[3]);
  jiffy::RuntimeOptions options;
  options.scheduler = argv[1];
  options.shared_tls = std::atoi(argv[2]) != 0;
  // Without ticks: only the work of a yield is counted.
  options.preempt = false;
  const absl::Status status = jiffy::Run(options, [yields] {
    const auto yield = [yields] {
      for (long i = 0; i < yields; ++i) jiffy::this_thread::Yield();
    };
    jiffy::Thread a(yield);
    jiffy::Thread b(yield);
  });
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
