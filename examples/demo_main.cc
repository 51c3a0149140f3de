// ./jiffy demo: sort and fib tasks that never yield share one CPU.

#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "examples/demo.h"
#include "examples/demo_flags.h"
#include "examples/program.h"
#include "examples/screen.h"
#include "examples/workload.h"

namespace {

int BadOption(const absl::Status& status) {
  absl::FPrintF(stderr, "demo: %s\n", status.message());
  return 2;
}

int Main(int argc, char** argv) {
  namespace ex = jiffy::examples;
  const absl::StatusOr<ex::DemoOptions> options =
      ex::ParseDemoFlags(argc, argv);
  if (!options.ok()) return BadOption(options.status());
  const auto workloads = ex::MakeDemoWorkloads(*options);
  if (!workloads.ok()) return BadOption(workloads.status());
  const ex::Screen screen =
      ex::DetectScreen(stdout, options->color, options->unicode);
  return ex::RunDemo(*options, screen, *workloads);
}

}  // namespace

int main(int argc, char** argv) {
  jiffy::examples::CheckOutputAtExit("demo");
  try {
    return Main(argc, argv);
  } catch (const std::exception& exception) {
    fprintf(stderr, "demo: %s\n", exception.what());
    return 1;
  }
}
