// The shared objects that tests open while threads run. One source, built with
// thread-local storage that is found dynamically, and with storage at a fixed
// place in every thread (initial-exec); the latter with two contents.
#ifndef JIFFY_TESTS_TORTURE_LIBRARY_H_
#define JIFFY_TESTS_TORTURE_LIBRARY_H_

#include <cstdint>
#include <string>

namespace jiffy::torture {

// Initial value of the library's thread_local variable.
inline constexpr uint64_t kLibraryInitial = 0xfeed'5eed'0000'0001;
inline constexpr uint64_t kOtherInitial = 0xfeed'5eed'0000'0002;

// Makes a constructor of the library call a function, whenever it is loaded
// from now on; nullptr ends that. The name is not inline: ld.so never unloads a
// library whose inline variables have become those of the process.
constexpr char kCallWhenLoaded[] = "JIFFY_TORTURE_CALL_WHEN_LOADED";
void CallWhenLoaded(void (*function)());

// The functions of the library, all for the calling thread.
struct LibraryApi {
  // Its thread_local variables: one with an initial value, one without.
  uint64_t* (*value)();
  uint64_t* (*zero)();
  // Uses a thread_local object; returns how often this thread did so.
  int (*use_object)();
  // Returns the number of live objects of all threads.
  int (*objects_alive)();
};

// An open library.
class Library {
 public:
  enum class Kind { kDynamic, kInitialExec, kOtherInitialExec };

  // Whether the library is loaded in the process, opened by any user.
  static bool IsLoaded(Kind kind);

  // Opens it, or counts one more user. `ok` returns whether that succeeded.
  explicit Library(Kind kind);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  bool ok() const { return ok_; }
  std::string error() const { return error_; }
  const LibraryApi* operator->() const { return &api_; }

 private:
  void* const handle_;
  bool ok_ = false;
  std::string error_;
  LibraryApi api_ = {};
};

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_LIBRARY_H_
