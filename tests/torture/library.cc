#include "tests/torture/library.h"

#include <dlfcn.h>

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace jiffy::torture {
namespace {

// Beside the program file.
std::string PathOf(Library::Kind kind) {
  char program[PATH_MAX];
  if (realpath("/proc/self/exe", program) == nullptr) return "";
  std::string path = program;
  path.resize(path.rfind('/') + 1);
  return path + (kind == Library::Kind::kDynamic ? "libdynamic_tls.so"
                                                 : "libinitial_exec_tls.so");
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

Library::Library(Kind kind)
    : handle_(dlopen(PathOf(kind).c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    error_ = dlerror();
    return;
  }
  const auto* api =
      static_cast<const LibraryApi*>(dlsym(handle_, "torture_library_api"));
  if (api != nullptr) api_ = *api;
}

Library::~Library() {
  if (handle_ != nullptr) dlclose(handle_);
}

}  // namespace jiffy::torture
