#include "runtime/core/policy_check.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "signals/text_buffer.h"

namespace jiffy::internal {

void PanicOnChoice(std::string_view policy, const Task& choice) {
  {
    signals::TextBuffer<256> line(STDERR_FILENO);
    line << "jiffy: the scheduler '" << policy << "' chose thread ";
    // A thread that has ended has only its number left.
    if (choice.state == TaskState::kFinished) {
      line << "#" << choice.id << ", which has ended\n";
    } else {
      const char* name = choice.completion->name;
      if (*name != '\0') line << "'" << name << "' (";
      line << "#" << choice.id << (*name != '\0' ? ")" : "")
           << ", which is not runnable: it "
           << (choice.state == TaskState::kBlocked ? "waits" : "runs already")
           << "\n";
    }
  }
  abort();
}

}  // namespace jiffy::internal
