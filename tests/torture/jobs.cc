#include "tests/torture/jobs.h"

#include <vector>

namespace jiffy::torture {

const std::vector<JobInfo>& AllJobs() {
  static const auto* const jobs = new std::vector<JobInfo>{
      {"containers", &MakeContainerJob, true},
      {"detached threads", &MakeDetachedThreadJob, true},
      {"errno", &MakeErrnoJob, true},
      {"exceptions", &MakeExceptionJob, true},
      {"floating-point control", &MakeFloatingControlJob, true},
      {"formats", &MakeFormatJob, true},
      {"heap", &MakeHeapJob, true},
      {"interrupt flag", &MakeInterruptFlagJob, true},
      {"libc", &MakeLibcJob, true},
      {"libraries", &MakeLibraryJob, false},
      {"locks", &MakeLockJob, false},
      {"NoPreempt", &MakeNoPreemptJob, true},
      {"printf", &MakePrintfJob, true},
      {"pthread keys", &MakePthreadKeyJob, false},
      {"registers", &MakeRegisterJob, true},
      {"shared file", &MakeSharedFileJob, true},
      {"sleep", &MakeSleepJob, true},
      {"stdio", &MakeStdioJob, true},
      {"stop tokens", &MakeStopTokenJob, true},
      {"streams", &MakeStreamJob, true},
      {"thread_local", &MakeThreadLocalJob, false},
      {"thread tree", &MakeThreadTreeJob, true},
      {"user signals", &MakeUserSignalJob, false},
  };
  return *jobs;
}

}  // namespace jiffy::torture
