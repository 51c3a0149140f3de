// Compared with lists that are searched level by level.
#include "sched/priority_array.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sched/entity.h"

namespace jiffy::sched {
namespace {

template <int kLevels>
class Model {
 public:
  std::deque<Entity*>& operator[](int level) { return lists_[level]; }
  int FirstLevel() const {
    for (int level = 0; level < kLevels; ++level) {
      if (!lists_[level].empty()) return level;
    }
    return kLevels;
  }
  Entity* First() const {
    const int level = FirstLevel();
    return level == kLevels ? nullptr : lists_[level].front();
  }

 private:
  std::deque<Entity*> lists_[kLevels];
};

template <int kLevels>
void RandomOperations(unsigned seed) {
  SCOPED_TRACE("JIFFY_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<Entity> entities(60);
  std::vector<int> level_of(entities.size(), -1);
  PriorityArray<kLevels> array;
  Model<kLevels> model;
  for (int step = 0; step < 20'000; ++step) {
    // Alternately full and almost empty.
    const size_t used = step / 2000 % 2 == 0 ? entities.size() : 3;
    const size_t i = random() % used;
    Entity& entity = entities[i];
    int& level = level_of[i];
    if (level < 0) {
      level = static_cast<int>(random() % kLevels);
      if (random() % 2 == 0) {
        array.PushBack(entity, level);
        model[level].push_back(&entity);
      } else {
        array.PushFront(entity, level);
        model[level].push_front(&entity);
      }
    } else {
      array.Remove(entity, level);
      std::deque<Entity*>& list = model[level];
      list.erase(std::find(list.begin(), list.end(), &entity));
      level = -1;
    }
    ASSERT_EQ(array.FirstLevel(), model.FirstLevel());
    ASSERT_EQ(array.First(), model.First());
    ASSERT_EQ(array.empty(), model.First() == nullptr);
  }
}

TEST(PriorityArrayTest, FirstLevel_AgainstLinearScan_Agrees) {
  const char* const given = std::getenv("JIFFY_SEED");
  const unsigned first = given == nullptr ? 1 : std::atoi(given);
  std::cout << "JIFFY_SEED=" << first << '\n';
  for (unsigned seed = first; seed < first + 5; ++seed) {
    RandomOperations<140>(seed);  // As in the O(1) scheduler.
    RandomOperations<128>(seed);  // Whole words.
    RandomOperations<1>(seed);
    if (HasFailure()) return;
  }
}

TEST(PriorityArrayTest, EachLevelAlone_IsFound) {
  PriorityArray<140> array;
  Entity entity;
  for (int level = 0; level < 140; ++level) {
    array.PushBack(entity, level);
    EXPECT_EQ(array.FirstLevel(), level);
    EXPECT_EQ(array.First(), &entity);
    array.Remove(entity, level);
    EXPECT_EQ(array.FirstLevel(), 140);
    EXPECT_TRUE(array.empty());
  }
}

}  // namespace
}  // namespace jiffy::sched
