// A job: one kind of work that many green threads do at once, interrupted
// anywhere, and whose every result is checked.
#ifndef JIFFY_TESTS_TORTURE_JOB_H_
#define JIFFY_TESTS_TORTURE_JOB_H_

#include <cstdint>
#include <string>

#include "sched/splitmix64.h"
#include "tests/torture/failures.h"

namespace jiffy::torture {

// What all jobs of a run share.
struct JobSetting {
  Failures* failures = nullptr;
  // An empty directory of the run's own.
  std::string directory;
  // Whether each thread has its own thread-local storage.
  bool own_tls = true;
  // Whether libraries that are opened meanwhile get static TLS.
  bool late_static_tls = false;
  // Threads that do jobs; they are numbered from 0.
  int threads = 0;
  // How many more threads jobs may have alive at once: some policies have no
  // room for many.
  int spare_threads = 0;
};

// What one thread brings along to its jobs.
struct JobContext {
  int thread;
  sched::SplitMix64 random;
  Failures& failures;
};

class Job {
 public:
  virtual ~Job() = default;

  // Does a piece of work of some 10 to 200 us and checks it. Many threads do so
  // at once, none yields but of its own accord.
  virtual void Round(JobContext& context) = 0;

  // Checks what can be seen only when all threads have ended. Context: OS
  // thread.
  virtual void Finish() {}
};

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_JOB_H_
