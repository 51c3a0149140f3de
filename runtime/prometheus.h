// The metrics of a run, for Prometheus to scrape.
#ifndef JIFFY_RUNTIME_PROMETHEUS_H_
#define JIFFY_RUNTIME_PROMETHEUS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/stats.h"

namespace jiffy {

// Returns the metrics in Prometheus' text exposition format (version 0.0.4).
// Serve the text as text/plain, for example at /metrics, or write it to a file
// for the node exporter. Each metric has the given labels, in the given order.
//
//   PrometheusText(CurrentStats(), {{"service", "shop"}})
//
// Errors: InvalidArgument if a label's name is not a letter or underscore
// followed by letters, digits and underscores, begins with two underscores, or
// occurs twice. Values may be any text.
// Context: green thread or OS thread.
absl::StatusOr<std::string> PrometheusText(
    const RuntimeStats& stats,
    const std::vector<std::pair<std::string, std::string>>& labels = {});

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_PROMETHEUS_H_
