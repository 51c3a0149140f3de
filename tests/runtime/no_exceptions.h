// Use of jiffy by a program compiled with -fno-exceptions and -fno-rtti.
#ifndef JIFFY_TESTS_RUNTIME_NO_EXCEPTIONS_H_
#define JIFFY_TESTS_RUNTIME_NO_EXCEPTIONS_H_

namespace jiffy {

// Uses the templates of the public headers. Returns 11111. Context: green
// thread.
int UseAllWithoutExceptions();

}  // namespace jiffy

#endif  // JIFFY_TESTS_RUNTIME_NO_EXCEPTIONS_H_
