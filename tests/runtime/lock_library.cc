#include "tests/runtime/lock_library.h"

#include <dlfcn.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace jiffy {
namespace {

const LockLibraryApi* Load() {
  char program[PATH_MAX];
  std::string path =
      realpath("/proc/self/exe", program) == nullptr ? "" : program;
  path.resize(path.rfind('/') + 1);
  void* const handle =
      dlopen((path + "liblock_object.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  const void* const api =
      handle == nullptr ? nullptr : dlsym(handle, "lock_library_api");
  if (api == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::abort();
  }
  return static_cast<const LockLibraryApi*>(api);
}

}  // namespace

const LockLibraryApi& LockLibrary() {
  static const LockLibraryApi* const api = Load();
  return *api;
}

}  // namespace jiffy
