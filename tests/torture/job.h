// A job: one kind of work that many green threads do at once. Ticks interrupt
// it anywhere, and every result is checked.
#ifndef JIFFY_TESTS_TORTURE_JOB_H_
#define JIFFY_TESTS_TORTURE_JOB_H_

#include <cstdint>
#include <string>

#include "sched/splitmix64.h"
#include "tests/torture/failures.h"

namespace jiffy::torture {

// Settings that all jobs of a run share.
struct JobSetting {
  Failures* failures = nullptr;
  // An empty directory for this run.
  std::string directory;
  // Whether each thread has its own thread-local storage.
  bool own_tls = true;
  // Whether libraries that are opened during the run get static TLS.
  bool late_static_tls = false;
  // Threads that do jobs; they are numbered from 0.
  int threads = 0;
  // How many more threads the jobs may have alive at once: some policies have
  // no room for many.
  int spare_threads = 0;
};

// One thread's context for its jobs.
struct JobContext {
  int thread;
  sched::SplitMix64 random;
  Failures& failures;
};

class Job {
 public:
  virtual ~Job() = default;

  // Does a piece of work of about 10 to 200 us and checks it. Many threads do
  // so at once; they yield only if they choose to.
  virtual void Round(JobContext& context) = 0;

  // Checks results that exist only when all threads have ended. Context: OS
  // thread.
  virtual void Finish() {}
};

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_JOB_H_
