// Checks a file against the Trace Event Format, more strictly than its readers.
//
// Perfetto and chrome://tracing silently drop what they cannot interpret: an
// arrow whose end lies in no slice, a slice that overlaps another, an event of
// a track without a name. Here each of these is an error.
//
// The format: "Trace Event Format", the Chromium project; how arrows find their
// slices: Perfetto's JSON importer, which reads events by their times, those of
// one time in the order of the file.
#ifndef JIFFY_TESTS_TRACE_TRACE_FORMAT_H_
#define JIFFY_TESTS_TRACE_TRACE_FORMAT_H_

#include <string>
#include <string_view>
#include <vector>

namespace jiffy {

// Returns the errors in the file's text, none if it is right:
// - it is JSON in UTF-8, an object with "traceEvents" and without a
//   "displayTimeUnit", which older versions of Perfetto take for the unit of
//   the times; no name occurs twice in an object;
// - each event has the members that its phase needs, of the right type, and
//   none that the format does not have: process and thread, a time that is a
//   whole number of nanoseconds since 0, a length, a scope, a value, a number
//   that binds;
// - colours are those that the viewer knows;
// - each process and track has exactly one name;
// - no track has the number 0, which is an idle thread to Perfetto, or the
//   number of another process or of its tracks: Perfetto would merge them, or
//   mix up their names;
// - slices of a track lie beside each other or one within the other; of two
//   that begin together the outer one comes first;
// - each arrow has one beginning and one end of the same name and category, the
//   end not before the beginning; both lie in a slice of their track that comes
//   before them in the file, and the end is bound to that slice.
std::vector<std::string> TraceFormatErrors(std::string_view text);

}  // namespace jiffy

#endif  // JIFFY_TESTS_TRACE_TRACE_FORMAT_H_
