#include "tests/torture/library.h"

#include <dlfcn.h>

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace jiffy::torture {
namespace {

// Returns the folder of the program file, with a '/' at the end. Determined
// once: a rebuild during the run removes the file.
const std::string& ProgramFolder() {
  static const std::string folder = [] {
    char program[PATH_MAX];
    std::string path =
        realpath("/proc/self/exe", program) == nullptr ? "" : program;
    path.resize(path.rfind('/') + 1);
    return path;
  }();
  return folder;
}

void* Open(Library::Kind kind, int flags) {
  static constexpr const char* kFiles[] = {"libdynamic_tls.so",
                                           "libinitial_exec_tls.so",
                                           "libother_initial_exec_tls.so"};
  const std::string path = ProgramFolder() + kFiles[static_cast<int>(kind)];
  return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | flags);
}

}  // namespace

void CallWhenLoaded(void (*function)()) {
  if (function == nullptr) {
    unsetenv(kCallWhenLoaded);
    return;
  }
  const auto address = reinterpret_cast<uintptr_t>(function);
  setenv(kCallWhenLoaded, std::to_string(address).c_str(), 1);
}

bool Library::IsLoaded(Kind kind) {
  void* handle = Open(kind, RTLD_NOLOAD);
  if (handle == nullptr) return false;
  dlclose(handle);
  return true;
}

Library::Library(Kind kind) : handle_(Open(kind, 0)) {
  const void* api =
      handle_ == nullptr ? nullptr : dlsym(handle_, "torture_library_api");
  if (api == nullptr) {
    error_ = dlerror();
    return;
  }
  api_ = *static_cast<const LibraryApi*>(api);
  ok_ = true;
}

Library::~Library() {
  if (handle_ != nullptr) dlclose(handle_);
}

}  // namespace jiffy::torture
