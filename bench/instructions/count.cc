// Counts the instructions of the paths that are run most, and holds them
// against baseline.json.
//
//   bazel run //bench/instructions:count
//   bazel run //bench/instructions:count -- --record='Yield checks the mailbox'

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/instructions/baseline.h"
#include "bench/instructions/stepper.h"

ABSL_FLAG(std::string, record, "",
          "reason why counts changed; adds them to baseline.json");

namespace jiffy::bench {
namespace {

constexpr char kFile[] = "bench/instructions/baseline.json";

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}

// The file in the source tree, where `bazel run` says that is.
std::string BaselinePath() {
  const char* const root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  return root == nullptr ? kFile : std::string(root) + "/" + kFile;
}

int Main() {
  const std::string path = BaselinePath();
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  absl::StatusOr<Baseline> baseline = Baseline::Parse(text);
  if (!baseline.ok()) return Fail(baseline.status());
  const absl::StatusOr<std::map<std::string, int64_t>> counts =
      CountInstructions("bench/instructions/probe");
  if (!counts.ok()) return Fail(counts.status());
  const Baseline::Comparison comparison = baseline->Compare(*counts);
  std::printf("%s", comparison.table.c_str());
  const std::string reason = absl::GetFlag(FLAGS_record);
  if (reason.empty()) {
    return comparison.status.ok() ? 0 : Fail(comparison.status);
  }
  const absl::Status recorded = baseline->Record(*counts, reason);
  if (!recorded.ok()) return Fail(recorded);
  std::ofstream out(path);
  out << baseline->Json();
  out.close();
  if (!out) return Fail(absl::InternalError("cannot write " + path));
  std::printf("Recorded in %s\n", path.c_str());
  return 0;
}

}  // namespace
}  // namespace jiffy::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "counts the instructions of jiffy's paths that are run most");
  absl::ParseCommandLine(argc, argv);
  return jiffy::bench::Main();
}
