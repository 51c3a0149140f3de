// Libraries opened while threads run: their thread_local variables have the
// right initial values in every thread, whether it is older or younger than the
// library, on a new stack or a used one.

#include "tests/torture/library.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"

namespace jiffy::torture {
namespace {

class OpenedLibrary : public ::testing::TestWithParam<Library::Kind> {
 protected:
  // Makes the runtime forget the library of earlier cases: it does when a
  // thread starts after this one was closed and another opened.
  void SetUp() override {
    ASSERT_TRUE(Library(Other()).ok());
    ASSERT_FALSE(Library::IsLoaded(GetParam()));
    ASSERT_TRUE(jiffy::Run(Options(), [] { Thread([] {}); }).ok());
  }

  static Library::Kind Other() {
    return GetParam() == Library::Kind::kDynamic ? Library::Kind::kInitialExec
                                                 : Library::Kind::kDynamic;
  }

  // Checks that the calling thread finds initial values everywhere, and changes
  // them.
  static void ExpectFreshAndSoil(const Library& library) {
    EXPECT_EQ(*library->value(), kLibraryInitial);
    EXPECT_EQ(*library->zero(), 0u);
    EXPECT_EQ(library->use_object(), 1);
    *library->value() = 7;
    *library->zero() = 7;
    EXPECT_EQ(library->use_object(), 2);
  }

  static RuntimeOptions Options() {
    RuntimeOptions options;
    options.time_slice = absl::Microseconds(100);
    options.late_static_tls = true;
    return options;
  }
};

TEST_P(OpenedLibrary, OlderThreads_FindItFresh) {
  std::unique_ptr<Library> library;
  std::atomic<bool> open{false};
  const absl::Status status = jiffy::Run(Options(), [&] {
    std::vector<Thread> threads;
    for (int i = 0; i < 20; ++i) {
      threads.emplace_back([&] {
        while (!open) {
        }
        ExpectFreshAndSoil(*library);
      });
    }
    this_thread::Yield();
    library = std::make_unique<Library>(GetParam());
    ASSERT_TRUE(library->ok()) << library->error();
    open = true;
    for (Thread& thread : threads) ASSERT_TRUE(thread.Join().ok());
    EXPECT_EQ((*library)->objects_alive(), 0);
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(OpenedLibrary, YoungerThreadsOnUsedStacks_FindItFresh) {
  const absl::Status status = jiffy::Run(Options(), [&] {
    ASSERT_TRUE(Thread([] {}).Join().ok());
    const Library library(GetParam());
    ASSERT_TRUE(library.ok()) << library.error();
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(Thread([&] { ExpectFreshAndSoil(library); }).Join().ok());
    }
    EXPECT_EQ(library->objects_alive(), 0);
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(OpenedLibrary, YoungerThreadsOnNewStacks_FindItFresh) {
  const absl::Status status = jiffy::Run(Options(), [&] {
    const Library library(GetParam());
    ASSERT_TRUE(library.ok()) << library.error();
    // Twice: all at once on new stacks, then on the same stacks.
    for (int round = 0; round < 2; ++round) {
      std::vector<Thread> threads;
      for (int i = 0; i < 50; ++i) {
        threads.emplace_back(ThreadOptions{.stack_size = size_t{2} << 20},
                             [&] { ExpectFreshAndSoil(library); });
      }
      for (Thread& thread : threads) ASSERT_TRUE(thread.Join().ok());
    }
  });
  EXPECT_TRUE(status.ok()) << status;
}

// The thread that starts others neither opened the library nor used it.
TEST_P(OpenedLibrary, ThreadsOfAnotherThread_FindItFresh) {
  const absl::Status status = jiffy::Run(Options(), [&] {
    std::unique_ptr<Library> library;
    Thread opener([&] { library = std::make_unique<Library>(GetParam()); });
    ASSERT_TRUE(opener.Join().ok());
    ASSERT_TRUE(library->ok()) << library->error();
    Thread user([&] { ExpectFreshAndSoil(*library); });
    ASSERT_TRUE(user.Join().ok());
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(Thread([&] { ExpectFreshAndSoil(*library); }).Join().ok());
    }
  });
  EXPECT_TRUE(status.ok()) << status;
}

// ld.so has changes by the end of the thread, which does not know of them.
TEST_P(OpenedLibrary, AnotherOneOpenedMeanwhile_NextThreadFindsItFresh) {
  // The stack was used by a thread before the library was opened, or was not.
  for (const bool used : {false, true}) {
    const ThreadOptions options{.stack_size = (used ? size_t{16} : size_t{8})
                                              << 20};
    const absl::Status status = jiffy::Run(Options(), [&] {
      if (used) {
        ASSERT_TRUE(Thread(options, [] {}).Join().ok());
      }
      const Library library(GetParam());
      ASSERT_TRUE(library.ok()) << library.error();
      for (int i = 0; i < 5; ++i) {
        Event soiled;
        Event opened;
        Thread user(options, [&] {
          ExpectFreshAndSoil(library);
          soiled.Set();
          opened.Wait();
        });
        soiled.Wait();
        const Library meanwhile(Other());
        EXPECT_TRUE(meanwhile.ok()) << meanwhile.error();
        opened.Set();
        ASSERT_TRUE(user.Join().ok());
      }
    });
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_P(OpenedLibrary, OpenedBeforeTheRun_ThreadsFindItFresh) {
  const Library library(GetParam());
  ASSERT_TRUE(library.ok()) << library.error();
  for (int run = 0; run < 2; ++run) {
    const absl::Status status = jiffy::Run(Options(), [&] {
      for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(Thread(ThreadOptions{.stack_size = size_t{4} << 20},
                           [&] { ExpectFreshAndSoil(library); })
                        .Join()
                        .ok());
      }
    });
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_P(OpenedLibrary, ClosedAndOpenedAgain_ThreadsFindItFresh) {
  const absl::Status status = jiffy::Run(Options(), [&] {
    for (int i = 0; i < 50; ++i) {
      ASSERT_FALSE(Library::IsLoaded(GetParam()));
      const Library library(GetParam());
      ASSERT_TRUE(library.ok()) << library.error();
      ASSERT_TRUE(Thread([&] { ExpectFreshAndSoil(library); }).Join().ok());
      ASSERT_TRUE(Thread([&] { ExpectFreshAndSoil(library); }).Join().ok());
    }
  });
  EXPECT_TRUE(status.ok()) << status;
}

INSTANTIATE_TEST_SUITE_P(, OpenedLibrary,
                         ::testing::Values(Library::Kind::kDynamic,
                                           Library::Kind::kInitialExec),
                         [](const auto& info) {
                           return info.param == Library::Kind::kDynamic
                                      ? "DynamicTls"
                                      : "InitialExecTls";
                         });

}  // namespace
}  // namespace jiffy::torture
