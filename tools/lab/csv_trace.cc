#include "tools/lab/csv_trace.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace jiffy::lab {

using sched::sim::TraceTask;

void CsvTrace::OnStart(const sched::sim::RunInfo& /*run*/) {
  file_.Write("time_us,cpu,prev,prev_state,next\n");
}

void CsvTrace::OnCreate(int64_t /*time_us*/, int /*cpu*/, const TraceTask& task,
                        bool /*runnable*/) {
  std::string name = task.name;
  if (name.find_first_of(",\"\r\n") != std::string::npos) {
    name =
        absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
  }
  names_.push_back(std::move(name));
}

void CsvTrace::OnSwitch(const sched::sim::SwitchEvent& event) {
  file_.Write(event.time_us);
  file_.Write(",");
  file_.Write(int64_t{event.cpu});
  file_.Write(",");
  file_.Write(NameOf(event.prev));
  file_.Write(",");
  file_.Write(std::string_view(&event.prev_state, 1));
  file_.Write(",");
  file_.Write(NameOf(event.next));
  file_.Write("\n");
}

const std::string& CsvTrace::NameOf(const TraceTask* task) const {
  return task == nullptr ? idle_ : names_[static_cast<size_t>(task->index)];
}

}  // namespace jiffy::lab
