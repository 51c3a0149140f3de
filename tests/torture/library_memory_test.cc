// Libraries that are opened and closed all the time leave nothing behind.

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/torture/library.h"
#include "tests/torture/memory.h"

namespace jiffy::torture {
namespace {

class LibraryMemoryTest : public ::testing::TestWithParam<Library::Kind> {};

TEST_P(LibraryMemoryTest, OpenedAndClosedOften_MemoryIsFlat) {
  constexpr int kTimes = 10'000;
  RuntimeOptions options;
  options.time_slice = absl::Microseconds(100);
  options.late_static_tls = true;
  size_t resident = 0;
  const absl::Status status = jiffy::Run(options, [&] {
    for (int i = 0; i < kTimes; ++i) {
      const Library library(GetParam());
      ASSERT_TRUE(library.ok()) << library.error();
      ASSERT_TRUE(Thread([&] {
                    EXPECT_EQ(*library->value(), kLibraryInitial);
                    EXPECT_EQ(*library->zero(), 0u);
                    EXPECT_EQ(library->use_object(), 1);
                    *library->value() = 7;
                    *library->zero() = 7;
                  })
                      .Join()
                      .ok());
      if (i == kTimes / 10) resident = ResidentBytes();
    }
    EXPECT_LT(ResidentBytes(), resident + (size_t{2} << 20));
  });
  EXPECT_TRUE(status.ok()) << status;
}

INSTANTIATE_TEST_SUITE_P(, LibraryMemoryTest,
                         ::testing::Values(Library::Kind::kDynamic,
                                           Library::Kind::kInitialExec),
                         [](const auto& info) {
                           return info.param == Library::Kind::kDynamic
                                      ? "Dynamic"
                                      : "InitialExec";
                         });

}  // namespace
}  // namespace jiffy::torture
