// What every program of this folder does with its command line and its output.
#ifndef JIFFY_EXAMPLES_PROGRAM_H_
#define JIFFY_EXAMPLES_PROGRAM_H_

namespace jiffy::examples {

// Prints the usage and exits with 0 if --help or -h is among the arguments.
void PrintUsageIfAsked(int argc, char** argv, const char* usage);

// Makes the process end with status 1 and a message if standard output could
// not take all that was written, as on a disk that is full. `program` is a
// literal: the name to say it by. Call once, first.
void CheckOutputAtExit(const char* program);

// Keeps the error number of a write to standard output that failed, for that
// message. The C library only remembers that one did.
void NoteLostOutput(int error);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_PROGRAM_H_
