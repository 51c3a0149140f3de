// Boost.Context, by its C++ interface.

#include <boost/context/fiber.hpp>
#include <utility>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

using boost::context::fiber;
using SwitchFunction = fiber (*)(fiber&& to);

inline fiber ResumeHere(fiber&& to) { return std::move(to).resume(); }
[[gnu::noinline]] fiber ResumeThere(fiber&& to) {
  return std::move(to).resume();
}

template <SwitchFunction kSwitch>
void BM_Switch(benchmark::State& state) {
  bool stop = false;
  fiber other([&stop](fiber&& main) {
    while (!stop) main = kSwitch(std::move(main));
    return std::move(main);
  });
  while (state.KeepRunningBatch(2)) other = kSwitch(std::move(other));
  stop = true;
  other = kSwitch(std::move(other));
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("switch/two_sites", "boost_context", BM_Switch<ResumeHere>),
    AddRow("switch/shared_yield", "boost_context", BM_Switch<ResumeThere>),
};

}  // namespace
}  // namespace jiffy::bench
