// The address ranges of libc's, ld.so's and the program's code are found
// correctly: they decide whether a tick is put off.
#include "signals/text_ranges.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "gtest/gtest.h"

namespace jiffy::signals {
namespace {

// A function of libc itself: a sanitizer may have one of the same name.
uintptr_t InLibc(const char* function) {
  void* const libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  const auto found = reinterpret_cast<uintptr_t>(dlsym(libc, function));
  dlclose(libc);
  return found;
}

TEST(TextRanges, FunctionsOfLibc_LieInLibcOnly) {
  const TextRanges ranges = FindTextRanges();
  for (const char* function : {"malloc", "write", "printf", "qsort"}) {
    const uintptr_t pc = InLibc(function);
    ASSERT_NE(pc, 0u) << function;
    EXPECT_TRUE(ranges.libc.Contains(pc)) << function;
    EXPECT_FALSE(ranges.program.Contains(pc)) << function;
    EXPECT_FALSE(ranges.loader.Contains(pc)) << function;
  }
}

TEST(TextRanges, FunctionsOfTheLoader_LieInTheLoaderOnly) {
  const TextRanges ranges = FindTextRanges();
  const uintptr_t pc = InLibc("_dl_allocate_tls");
  ASSERT_NE(pc, 0u);
  EXPECT_TRUE(ranges.loader.Contains(pc));
  EXPECT_FALSE(ranges.libc.Contains(pc));
}

TEST(TextRanges, FunctionsOfTheProgram_LieInTheProgramOnly) {
  const TextRanges ranges = FindTextRanges();
  const auto pc = reinterpret_cast<uintptr_t>(&InLibc);
  EXPECT_TRUE(ranges.program.Contains(pc));
  EXPECT_FALSE(ranges.libc.Contains(pc));
  EXPECT_FALSE(ranges.loader.Contains(pc));
}

// The C++ library is preempted like the program.
TEST(TextRanges, FunctionsOfOtherLibraries_LieInNone) {
  const TextRanges ranges = FindTextRanges();
  const auto pc =
      reinterpret_cast<uintptr_t>(dlsym(RTLD_NEXT, "__cxa_rethrow"));
  ASSERT_NE(pc, 0u);
  EXPECT_FALSE(ranges.libc.Contains(pc));
  EXPECT_FALSE(ranges.loader.Contains(pc));
}

}  // namespace
}  // namespace jiffy::signals
