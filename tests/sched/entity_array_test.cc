#include "sched/entity_array.h"

#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace {

// Counts the array's allocations, and lets a test intervene right after one, as
// a preemption would.
std::atomic<int> g_live_chunks{0};
std::function<void()>* g_after_allocation = nullptr;

}  // namespace

void* operator new[](size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  ++g_live_chunks;
  if (g_after_allocation != nullptr) {
    std::function<void()>* const hook = g_after_allocation;
    g_after_allocation = nullptr;  // Once: the hook allocates itself.
    (*hook)();
  }
  return memory;
}

void operator delete[](void* memory) noexcept {
  if (memory == nullptr) return;
  --g_live_chunks;
  std::free(memory);
}

void operator delete[](void* memory, size_t /*size*/) noexcept {
  operator delete[](memory);
}

namespace jiffy::sched {
namespace {

TEST(EntityArrayTest, Reserve_Grows_InDoublingChunks) {
  EntityArray array;
  EXPECT_EQ(array.capacity(), 0u);
  array.Reserve(0);
  EXPECT_EQ(array.capacity(), 0u);
  array.Reserve(1);
  EXPECT_EQ(array.capacity(), 64u);
  array.Reserve(64);
  EXPECT_EQ(array.capacity(), 64u);
  array.Reserve(65);
  EXPECT_EQ(array.capacity(), 64u + 128u);
  array.Reserve(1000);
  EXPECT_EQ(array.capacity(), 64u + 128u + 256u + 512u + 1024u);
  array.Reserve(10);
  EXPECT_EQ(array.capacity(), 1984u);
}

TEST(EntityArrayTest, Index_AcrossAllChunks_FindsWhatWasPushed) {
  std::vector<Entity> entities(2000);
  EntityArray array;
  array.Reserve(entities.size());
  for (Entity& entity : entities) array.PushBack(entity);
  ASSERT_EQ(array.size(), entities.size());
  for (size_t i = 0; i < entities.size(); ++i) {
    ASSERT_EQ(array[i], &entities[i]) << i;
  }
  array.PopBack();
  EXPECT_EQ(array.size(), 1999u);
}

TEST(EntityArrayTest, Reserve_WhileInUse_MovesNothing) {
  Entity entity;
  EntityArray array;
  array.Reserve(1);
  array.PushBack(entity);
  Entity** const place = &array[0];
  array.Reserve(100'000);
  EXPECT_EQ(&array[0], place);
  EXPECT_EQ(array[0], &entity);
}

TEST(EntityArrayTest, OtherOperations_WithinCapacity_AllocateNothing) {
  Entity entity;
  EntityArray array;
  array.Reserve(1000);
  const int before = g_live_chunks;
  for (size_t i = 0; i < array.capacity(); ++i) array.PushBack(entity);
  while (!array.empty()) array.PopBack();
  EXPECT_EQ(g_live_chunks, before);
}

// The caller is preempted in `new`, and another one, which needs room too, uses
// the room at once. The first caller's chunk comes too late.
TEST(EntityArrayTest, Reserve_PreemptedBetweenAllocationAndPublishing_Yields) {
  const int before = g_live_chunks;
  {
    Entity entity;
    EntityArray array;
    std::function<void()> preempter = [&] {
      array.Reserve(100);
      array.PushBack(entity);
    };
    g_after_allocation = &preempter;
    array.Reserve(200);
    EXPECT_EQ(array.capacity(), 448u);
    ASSERT_EQ(array.size(), 1u);
    EXPECT_EQ(array[0], &entity);
    EXPECT_EQ(g_live_chunks - before, 3) << "the loser's chunk is not freed";
  }
  EXPECT_EQ(g_live_chunks, before) << "the array leaks";
}

TEST(EntityArrayTest, Reserve_ByManyThreads_MakesEachChunkOnce) {
  const int before = g_live_chunks;
  for (int round = 0; round < 50; ++round) {
    EntityArray array;
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (!go) std::this_thread::yield();
        array.Reserve(10'000);
      });
    }
    go = true;
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(array.capacity(), 16'320u);
    ASSERT_EQ(g_live_chunks - before, 8);
  }
  EXPECT_EQ(g_live_chunks, before);
}

}  // namespace
}  // namespace jiffy::sched
