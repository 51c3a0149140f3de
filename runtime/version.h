// The version of jiffy.
#ifndef JIFFY_RUNTIME_VERSION_H_
#define JIFFY_RUNTIME_VERSION_H_

namespace jiffy {

// Version of these headers: major.minor.patch (https://semver.org).
// ./jiffy version reads this line.
inline constexpr char kVersion[] = "0.1.0";

// Returns the version of the library that the program is linked with. Context:
// anywhere.
const char* Version();

}  // namespace jiffy

#endif  // JIFFY_RUNTIME_VERSION_H_
