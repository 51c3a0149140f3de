#include "tools/lab/run_options.h"

#include <algorithm>
#include <string>

#include "sched/registry.h"

namespace jiffy::lab {

sched::sim::SimOptions RunOptions(const std::string& policy,
                                  const Options& options) {
  sched::sim::SimOptions result = {
      .policy = policy,
      .config = {.slice_ns = options.slice_us * 1000, .seed = options.seed},
      .cpus = options.cpus,
      .tick_us = options.tick_us,
      .duration_us = options.duration_us};
  for (const sched::PolicyInfo& info : sched::AllPolicies()) {
    if (info.name != policy) continue;
    for (const auto& param : options.params) {
      if (std::any_of(info.params.begin(), info.params.end(),
                      [&](const auto& p) { return p.name == param.first; })) {
        result.config.params.push_back(param);
      }
    }
  }
  return result;
}

}  // namespace jiffy::lab
