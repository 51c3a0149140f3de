#include "runtime/sync/wait_options.h"

#include <ostream>

namespace jiffy {

std::ostream& operator<<(std::ostream& out, WaitResult result) {
  switch (result) {
    case WaitResult::kReady:
      return out << "ready";
    case WaitResult::kTimeout:
      return out << "timeout";
    case WaitResult::kStopped:
      return out << "stopped";
  }
  return out << "WaitResult(" << static_cast<int>(result) << ")";
}

}  // namespace jiffy
