// The fullest stack of a run.
#ifndef JIFFY_RUNTIME_CORE_STACK_USE_H_
#define JIFFY_RUNTIME_CORE_STACK_USE_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "runtime/core/completion.h"

namespace jiffy::internal {

// Earlier records live as long as the machine, since other OS threads may read
// them.
struct FullestStack {
  ThreadName thread = {};
  uint64_t id = 0;
  size_t used = 0;
  size_t size = 0;
  std::unique_ptr<FullestStack> before;
};

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_CORE_STACK_USE_H_
