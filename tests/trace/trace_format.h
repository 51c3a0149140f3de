// Holds a file against the Trace Event Format, as strictly as its readers do
// not.
//
// Perfetto and chrome://tracing drop what they cannot make sense of, without a
// word: an arrow whose end lies in no slice, a slice that overlaps another, an
// event of a track that has no name. Here each is an error.
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

// Returns what is wrong with the file's text, nothing if it is right:
// - it is JSON in UTF-8, an object with "traceEvents" and without a
//   "displayTimeUnit", which older versions of Perfetto take for the unit of
//   the times; no name comes twice in an object;
// - each event has what its phase needs, of the right type, and nothing that is
//   not of the format: process and thread, a time that is a whole number of
//   nanoseconds since 0, a length, a scope, a value, a number that binds;
// - colours are those that the viewer knows;
// - each process and track has a name, and one only;
// - no track is number 0, which is an idle thread to Perfetto, nor has the
// number
//   of another process or of its tracks: they are one to it, or get each
//   other's names;
// - slices of a track lie beside each other or one within the other, and of two
//   that begin together the outer one comes first;
// - each arrow has one beginning and one end of the same name and category, not
//   before it; both lie in a slice of their track, that comes before them in
//   the file, and the end is bound to that slice.
std::vector<std::string> TraceFormatErrors(std::string_view text);

}  // namespace jiffy

#endif  // JIFFY_TESTS_TRACE_TRACE_FORMAT_H_
