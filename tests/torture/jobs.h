// All jobs, one maker each; jobs.cc lists them.
#ifndef JIFFY_TESTS_TORTURE_JOBS_H_
#define JIFFY_TESTS_TORTURE_JOBS_H_

#include <memory>
#include <vector>

#include "tests/torture/job.h"

namespace jiffy::torture {

std::unique_ptr<Job> MakeContainerJob(const JobSetting& setting);
std::unique_ptr<Job> MakeDetachedThreadJob(const JobSetting& setting);
std::unique_ptr<Job> MakeErrnoJob(const JobSetting& setting);
std::unique_ptr<Job> MakeExceptionJob(const JobSetting& setting);
std::unique_ptr<Job> MakeFloatingControlJob(const JobSetting& setting);
std::unique_ptr<Job> MakeFormatJob(const JobSetting& setting);
std::unique_ptr<Job> MakeHeapJob(const JobSetting& setting);
std::unique_ptr<Job> MakeInterruptFlagJob(const JobSetting& setting);
std::unique_ptr<Job> MakeLibcJob(const JobSetting& setting);
std::unique_ptr<Job> MakeLibraryJob(const JobSetting& setting);
std::unique_ptr<Job> MakeLockJob(const JobSetting& setting);
std::unique_ptr<Job> MakeNoPreemptJob(const JobSetting& setting);
std::unique_ptr<Job> MakePrintfJob(const JobSetting& setting);
std::unique_ptr<Job> MakePthreadKeyJob(const JobSetting& setting);
std::unique_ptr<Job> MakeRegisterJob(const JobSetting& setting);
std::unique_ptr<Job> MakeSharedFileJob(const JobSetting& setting);
std::unique_ptr<Job> MakeSleepJob(const JobSetting& setting);
std::unique_ptr<Job> MakeStdioJob(const JobSetting& setting);
std::unique_ptr<Job> MakeStopTokenJob(const JobSetting& setting);
std::unique_ptr<Job> MakeStreamJob(const JobSetting& setting);
std::unique_ptr<Job> MakeThreadLocalJob(const JobSetting& setting);
std::unique_ptr<Job> MakeThreadTreeJob(const JobSetting& setting);
std::unique_ptr<Job> MakeUserSignalJob(const JobSetting& setting);

struct JobInfo {
  const char* name;
  std::unique_ptr<Job> (*make)(const JobSetting& setting);
  // Whether the job also works where threads share thread-local storage: there
  // a libc lock, a thread_local object or a key belongs to the OS thread.
  bool shared_tls;
};

const std::vector<JobInfo>& AllJobs();

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_JOBS_H_
