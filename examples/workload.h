// A task of the demo: work whose result can be checked.
#ifndef JIFFY_EXAMPLES_WORKLOAD_H_
#define JIFFY_EXAMPLES_WORKLOAD_H_

#include <string>
#include <utility>

namespace jiffy::examples {

struct Verdict {
  bool correct = false;
  // One line for human readers: the result, or what is wrong with it.
  std::string text;
};

// Work for one task. It is written without regard to tasks, and never yields.
class Workload {
 public:
  virtual ~Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  const std::string& name() const { return name_; }
  int priority() const { return priority_; }
  void set_priority(int priority) { priority_ = priority; }

  // Does the work from start to end. May be called again; an error of one call
  // stays recorded.
  virtual void Run() = 0;
  // Judges the work. Call it after Run, and when no workload runs any more,
  // since it may read others.
  virtual Verdict Check() const = 0;

 protected:
  explicit Workload(std::string name) : name_(std::move(name)) {}

 private:
  const std::string name_;
  int priority_ = 0;
};

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_WORKLOAD_H_
