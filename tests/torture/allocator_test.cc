// A program whose operator new keeps an object for each thread, with a
// destructor, as allocators with caches do: it is created once in a thread,
// however early the thread allocates, and destroyed with the thread.
#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/jiffy.h"
#include "tests/torture/library.h"

namespace {

bool counting = false;
int made = 0;
int destroyed = 0;

struct Cache {
  Cache() : block(malloc(100)) { made += counting; }
  ~Cache() {
    destroyed += counting;
    free(block);
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  void* block;
  int allocations = 0;
};
thread_local Cache cache;

}  // namespace

// Not inline, or GCC reports malloc and delete as a mismatch.
__attribute__((noinline)) void* operator new(size_t size) {
  ++cache.allocations;
  void* memory = malloc(size);
  if (memory == nullptr) abort();
  return memory;
}
__attribute__((noinline)) void operator delete(void* memory) noexcept {
  free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, size_t) noexcept {
  free(memory);
}

namespace jiffy::torture {
namespace {

TEST(Allocator, ThreadStartsAfterALibraryCame_ItsCacheIsMadeOnce) {
  std::optional<Library> library;
  const absl::Status status = jiffy::Run({.preempt = false}, [&] {
    ++cache.allocations;  // The first thread's own is made here.
    made = destroyed = 0;
    counting = true;
    // The second thread is spawned before the library is opened, and starts
    // after.
    Thread first([&] { library.emplace(Library::Kind::kDynamic); });
    Thread second([] {
      int* volatile number = new int(1);
      delete number;
    });
    ASSERT_TRUE(first.Join().ok());
    ASSERT_TRUE(second.Join().ok());
    counting = false;
    EXPECT_EQ(made, 2);
    EXPECT_EQ(destroyed, 2);
  });
  EXPECT_TRUE(status.ok()) << status;
  ASSERT_TRUE(library.has_value() && library->ok());
}

TEST(Allocator, ManyThreads_EachHasOneCache) {
  const absl::Status status = jiffy::Run({.preempt = false}, [] {
    ++cache.allocations;  // The first thread's own is made here.
    made = destroyed = 0;
    counting = true;
    constexpr int kThreads = 20;
    for (int i = 0; i < kThreads; ++i) {
      Thread thread([i] {
        std::optional<Library> library;
        if (i % 3 == 0) library.emplace(Library::Kind::kDynamic);
        int* volatile number = new int(i);
        delete number;
      });
      ASSERT_TRUE(thread.Join().ok());
      EXPECT_EQ(made, i + 1);
      EXPECT_EQ(destroyed, i + 1);
    }
    counting = false;
  });
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace jiffy::torture
