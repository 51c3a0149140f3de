// Common handling of the command line and the output for this folder's
// programs.
#ifndef JIFFY_EXAMPLES_PROGRAM_H_
#define JIFFY_EXAMPLES_PROGRAM_H_

namespace jiffy::examples {

// Prints the usage and exits with 0 if --help or -h is among the arguments.
void PrintUsageIfAsked(int argc, char** argv, const char* usage);

// At exit, ends the process with status 1 and a message if standard output
// could not take everything that was written, as on a full disk. `program`, a
// literal, is the name in the message. Call once, first.
void CheckOutputAtExit(const char* program);

// Keeps the error number of a failed write to standard output for that message.
// The C library remembers only that one failed.
void NoteLostOutput(int error);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_PROGRAM_H_
