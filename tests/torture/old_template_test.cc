// A thread is spawned while another one closes a library and opens a second at
// the same place, and is preempted in between: what the spawning thread learnt
// of the first library is out of date when it is used.
#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <optional>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/torture/library.h"

namespace {

// Called once, after so many looks at the list of modules.
int looks_until = 0;
void (*then)() = nullptr;

}  // namespace

// Takes the place of ld.so's: whatever it does happens while the runtime finds
// the loaded libraries.
extern "C" int dl_iterate_phdr(int (*callback)(dl_phdr_info*, size_t, void*),
                               void* argument) {
  static const auto real = reinterpret_cast<decltype(&dl_iterate_phdr)>(
      dlsym(RTLD_NEXT, "dl_iterate_phdr"));
  const int result = real(callback, argument);
  if (looks_until > 0 && --looks_until == 0) then();
  return result;
}

namespace jiffy::torture {
namespace {

std::optional<Library> closed;
std::optional<Library> opened;
ptrdiff_t place;

// Returns the position of the library's variable in a thread.
ptrdiff_t PlaceOf(const Library& library) {
  return reinterpret_cast<char*>(library->value()) -
         static_cast<char*>(__builtin_thread_pointer());
}

void ExpectOtherInitial() {
  ASSERT_TRUE(opened.has_value() && opened->ok());
  EXPECT_EQ(*(*opened)->value(), kOtherInitial);
}

void CloseAndOpen() {
  closed.reset();
  opened.emplace(Library::Kind::kOtherInitialExec);
  ASSERT_TRUE(opened->ok()) << opened->error();
  ASSERT_EQ(PlaceOf(*opened), place);
  // Makes the runtime learn of the new library.
  Thread{&ExpectOtherInitial};
}

class OldTemplateTest
    : public ::testing::TestWithParam<std::tuple<const char*, int>> {
 protected:
  void SetUp() override {
    // Then all threads share the worker's TLS, which is initialised once.
    if (!Runtime::Create({})->features().own_tls) {
      GTEST_SKIP() << "threads have no TLS of their own here";
    }
  }
  // Needed also after a case that failed in the middle.
  void TearDown() override {
    looks_until = 0;
    closed.reset();
    opened.reset();
  }
};

TEST_P(OldTemplateTest, AnotherLibraryTookThePlace_ThreadFindsItsValues) {
  const auto& [scheduler, looks] = GetParam();
  const absl::Status status = jiffy::Run(
      {.scheduler = scheduler, .preempt = false, .late_static_tls = true},
      [looks = looks] {
        closed.emplace(Library::Kind::kInitialExec);
        ASSERT_TRUE(closed->ok()) << closed->error();
        place = PlaceOf(*closed);
        then = &CloseAndOpen;
        looks_until = looks;
        Thread{&ExpectOtherInitial};
        EXPECT_EQ(looks_until, 0);
      });
  EXPECT_TRUE(status.ok()) << status;
}

// Under policies whose threads have a stack from the start, or from their first
// turn on. One look makes a template, between two that count.
INSTANTIATE_TEST_SUITE_P(Looks, OldTemplateTest,
                         ::testing::Combine(::testing::Values("cfs", "rr"),
                                            ::testing::Values(1, 2, 3)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) +
                                  std::to_string(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace jiffy::torture
