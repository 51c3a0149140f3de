#include "signals/deferral.h"

#include <time.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdint>

#include "arch/context.h"
#include "signals/cpu.h"
#include "signals/handler_state.h"
#include "signals/tick.h"

namespace jiffy::signals {
namespace {

constexpr uint32_t kShortLooks = 4;
constexpr int64_t kLeastPauseNs = 10'000;
constexpr int64_t kMostPauseNs = 50'000;
constexpr uint32_t kMostDoublings = 5;

}  // namespace

void PutOffInHandler(Cpu& cpu) {
  Deferral& deferral = cpu.deferral;
  const uint32_t looks = ++deferral.looks;
  if (looks == kShortLooks) deferral.began_ns = ThreadCpuNs();
  const int64_t short_ns =
      std::clamp(cpu.timers.period_ns() / 2, kLeastPauseNs, kMostPauseNs);
  const uint32_t doublings =
      looks <= kShortLooks ? 0 : std::min(looks - kShortLooks, kMostDoublings);
  cpu.timers.ArmDeferInHandler(short_ns << doublings);
}

bool LongInLibraryInHandler(const Cpu& cpu, const ucontext_t* uc) {
  return handler_state.text.program.Contains(arch::LeafReturnAddress(uc)) ||
         (cpu.deferral.looks > kShortLooks &&
          ThreadCpuNs() - cpu.deferral.began_ns > kLongestInLibcNs);
}

}  // namespace jiffy::signals
