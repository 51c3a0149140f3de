// The timer queue, compared with an ordered container of the standard library
// in random operations.
#include "runtime/core/timer_queue.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace jiffy::internal {
namespace {

// Returns JIFFY_SEED, or else the same seed each time.
unsigned Seed() {
  const char* const seed = std::getenv("JIFFY_SEED");
  return seed == nullptr ? 1 : static_cast<unsigned>(std::atol(seed));
}

}  // namespace

// Inspects a queue's tree.
class TimerQueueShape {
 public:
  // Returns the length of the longest path from the root, in nodes; fails if an
  // invariant of red-black trees is broken.
  static int CheckedDepth(const TimerQueue& queue) {
    EXPECT_FALSE(TimerQueue::IsRed(queue.root_));
    int blacks = 0;
    return CheckedDepth(queue.root_, nullptr, &blacks);
  }
  static TimerNode* last(const TimerQueue& queue) { return queue.last_; }

 private:
  // Sets `blacks` to the number of black nodes on each path down from the node.
  static int CheckedDepth(const TimerNode* node, const TimerNode* parent,
                          int* blacks) {
    *blacks = 0;
    if (node == nullptr) return 0;
    EXPECT_TRUE(node->queued());
    EXPECT_EQ(TimerQueue::Parent(node), parent);
    const bool red = TimerQueue::IsRed(node);
    EXPECT_FALSE(red && TimerQueue::IsRed(parent));
    int depths[2];
    int sides[2];
    for (int side = 0; side < 2; ++side) {
      depths[side] = CheckedDepth(node->child[side], node, &sides[side]);
    }
    EXPECT_EQ(sides[0], sides[1]);
    *blacks = sides[0] + (red ? 0 : 1);
    return 1 + std::max(depths[0], depths[1]);
  }
};

namespace {

// Returns the maximum depth of a red-black tree of that many nodes.
int MostDepth(size_t nodes) {
  int log = 0;
  while ((size_t{1} << log) < nodes + 1) ++log;
  return 2 * log;
}

// A queue and its expected contents.
class Checked {
 public:
  // `shape`: whether to check the whole tree after each operation.
  explicit Checked(bool shape = false) : shape_(shape) {}
  void Add(TimerNode* node, int64_t due) {
    node->due_ns = due;
    queue_.Add(node);
    expected_.emplace(due, node);
    Check();
  }
  void Remove(TimerNode* node) {
    auto [at, end] = expected_.equal_range(node->due_ns);
    while (at != end && at->second != node) ++at;
    ASSERT_NE(at, end) << "not in the model";
    expected_.erase(at);
    queue_.Remove(node);
    EXPECT_FALSE(node->queued());
    Check();
  }
  TimerNode* first() const { return queue_.first(); }
  bool empty() const { return expected_.empty(); }
  size_t size() const { return expected_.size(); }

 private:
  void Check() {
    ASSERT_EQ(queue_.empty(), expected_.empty());
    if (expected_.empty()) {
      EXPECT_EQ(queue_.first(), nullptr);
      return;
    }
    // For equal times, the multimap also keeps the order of insertion.
    EXPECT_EQ(queue_.first(), expected_.begin()->second);
    EXPECT_EQ(TimerQueueShape::last(queue_), expected_.rbegin()->second);
    if (shape_) {
      EXPECT_LE(TimerQueueShape::CheckedDepth(queue_),
                MostDepth(expected_.size()));
    }
  }

  const bool shape_;
  TimerQueue queue_;
  std::multimap<int64_t, TimerNode*> expected_;
};

TEST(TimerQueue, Empty_HasNoFirst) {
  const TimerQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.first(), nullptr);
}

TEST(TimerQueue, AddedInAnyOrder_ExpireInOrder) {
  std::mt19937 random(Seed());
  std::vector<TimerNode> nodes(1000);
  std::vector<int64_t> times(nodes.size());
  for (size_t i = 0; i < times.size(); ++i) times[i] = static_cast<int64_t>(i);
  for (int order = 0; order < 3; ++order) {
    if (order == 1) std::reverse(times.begin(), times.end());
    if (order == 2) std::shuffle(times.begin(), times.end(), random);
    Checked queue;
    for (size_t i = 0; i < nodes.size(); ++i) queue.Add(&nodes[i], times[i]);
    int64_t last = INT64_MIN;
    while (!queue.empty()) {
      EXPECT_GE(queue.first()->due_ns, last);
      last = queue.first()->due_ns;
      queue.Remove(queue.first());
    }
  }
}

TEST(TimerQueue, RandomOperations_AgreeWithMultimap) {
  const unsigned seed = Seed();
  RecordProperty("seed", static_cast<int>(seed));
  SCOPED_TRACE(::testing::Message() << "JIFFY_SEED=" << seed);
  std::mt19937 random(seed);
  std::vector<TimerNode> nodes(200);
  std::vector<TimerNode*> idle;
  std::vector<TimerNode*> queued;
  for (TimerNode& node : nodes) idle.push_back(&node);
  Checked queue(/*shape=*/true);
  const auto take = [&](std::vector<TimerNode*>& from, size_t index) {
    TimerNode* const node = from[index];
    from[index] = from.back();
    from.pop_back();
    return node;
  };
  for (int step = 0; step < 20'000 && !HasFailure(); ++step) {
    // Alternately full and empty, with few different times, so that many are
    // equal.
    const bool growing = step / 2000 % 2 == 0;
    const bool add =
        !idle.empty() && (queued.empty() || random() % 3 < (growing ? 2u : 1u));
    if (add) {
      TimerNode* const node = take(idle, random() % idle.size());
      queue.Add(node, static_cast<int64_t>(random() % 300));
      queued.push_back(node);
    } else if (random() % 2 == 0) {
      // Cancel any.
      TimerNode* const node = take(queued, random() % queued.size());
      queue.Remove(node);
      idle.push_back(node);
    } else {
      // Expire the first.
      TimerNode* const node = queue.first();
      queue.Remove(node);
      queued.erase(std::find(queued.begin(), queued.end(), node));
      idle.push_back(node);
    }
    ASSERT_EQ(queue.size(), queued.size());
  }
  while (!queue.empty()) queue.Remove(queue.first());
}

// The bound holds for each operation, whatever came before, not on average.
TEST(TimerQueue, AnyOrder_DepthStaysLogarithmic) {
  std::mt19937 random(Seed());
  constexpr int kNodes = 1 << 16;
  std::vector<TimerNode> nodes(kNodes);
  const auto shuffled = [&](int) { return static_cast<int64_t>(random()); };
  const auto up = [](int i) { return int64_t{i}; };
  const auto down = [](int i) { return -int64_t{i}; };
  const auto equal = [](int) { return int64_t{7}; };
  const auto from_both_ends = [](int i) {
    return i % 2 == 0 ? int64_t{i} : -int64_t{i};
  };
  const std::function<int64_t(int)> orders[] = {shuffled, up, down, equal,
                                                from_both_ends};
  for (const auto& due : orders) {
    TimerQueue queue;
    for (int i = 0; i < kNodes; ++i) {
      nodes[i].due_ns = due(i);
      queue.Add(&nodes[i]);
    }
    EXPECT_LE(TimerQueueShape::CheckedDepth(queue), MostDepth(kNodes));
    for (int i = 0; i < kNodes; i += 2) queue.Remove(&nodes[i]);
    EXPECT_LE(TimerQueueShape::CheckedDepth(queue), MostDepth(kNodes / 2));
    while (!queue.empty()) queue.Remove(queue.first());
  }
}

TEST(TimerQueue, ExtremeTimes_AreOrdered) {
  TimerNode nodes[4];
  Checked queue;
  queue.Add(&nodes[0], INT64_MAX);
  queue.Add(&nodes[1], 0);
  queue.Add(&nodes[2], INT64_MIN);
  queue.Add(&nodes[3], INT64_MAX);
  for (const int64_t due : {INT64_MIN, int64_t{0}, INT64_MAX, INT64_MAX}) {
    EXPECT_EQ(queue.first()->due_ns, due);
    queue.Remove(queue.first());
  }
}

}  // namespace
}  // namespace jiffy::internal
