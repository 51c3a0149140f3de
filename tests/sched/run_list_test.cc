#include "sched/run_list.h"

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jiffy::sched {
namespace {

class RunListTest : public testing::Test {
 protected:
  RunListTest() {
    for (size_t i = 0; i < entities_.size(); ++i) entities_[i].id = i;
  }

  Entity& At(size_t id) { return entities_[id]; }

  // Empties the list and returns the ids in its order.
  std::vector<size_t> Drain() {
    std::vector<size_t> ids;
    while (Entity* const entity = list_.PopFront()) ids.push_back(entity->id);
    return ids;
  }

  std::vector<Entity> entities_ = std::vector<Entity>(8);
  RunList list_;
};

using Ids = std::vector<size_t>;

TEST_F(RunListTest, PopFront_Empty_ReturnsNull) {
  EXPECT_TRUE(list_.empty());
  EXPECT_EQ(list_.front(), nullptr);
  EXPECT_EQ(list_.PopFront(), nullptr);
}

TEST_F(RunListTest, PushBack_Several_ComeOutInOrder) {
  for (size_t id : {3, 1, 2}) list_.PushBack(At(id));
  EXPECT_FALSE(list_.empty());
  EXPECT_EQ(list_.front(), &At(3));
  EXPECT_EQ(Drain(), (Ids{3, 1, 2}));
  EXPECT_TRUE(list_.empty());
}

TEST_F(RunListTest, PushFront_EmptyAndNot_GoesBeforeAll) {
  list_.PushFront(At(1));
  list_.PushBack(At(2));
  list_.PushFront(At(0));
  EXPECT_EQ(Drain(), (Ids{0, 1, 2}));
}

TEST_F(RunListTest, Remove_AnyPlace_LeavesTheRestInOrder) {
  for (size_t removed = 0; removed < 4; ++removed) {
    for (size_t id = 0; id < 4; ++id) list_.PushBack(At(id));
    list_.Remove(At(removed));
    Ids expected = {0, 1, 2, 3};
    expected.erase(expected.begin() + static_cast<ptrdiff_t>(removed));
    EXPECT_EQ(Drain(), expected) << "removed " << removed;
  }
}

TEST_F(RunListTest, Remove_LastOne_LeavesAUsableList) {
  list_.PushBack(At(0));
  list_.Remove(At(0));
  EXPECT_TRUE(list_.empty());
  list_.PushBack(At(1));
  EXPECT_EQ(Drain(), (Ids{1}));
}

TEST_F(RunListTest, Remove_AfterPop_DoesNotTouchWhatWasPopped) {
  for (size_t id = 0; id < 3; ++id) list_.PushBack(At(id));
  list_.PopFront();
  At(0).next = &At(7);
  At(7).prev = nullptr;
  list_.Remove(At(1));
  EXPECT_EQ(At(0).next, &At(7));
  EXPECT_EQ(At(7).prev, nullptr);
  EXPECT_EQ(Drain(), (Ids{2}));
}

TEST_F(RunListTest, Rotate_Empty_ReturnsTheSame) {
  EXPECT_EQ(list_.Rotate(At(0)), &At(0));
  EXPECT_TRUE(list_.empty());
}

TEST_F(RunListTest, Rotate_OneQueued_Alternates) {
  list_.PushBack(At(1));
  EXPECT_EQ(list_.Rotate(At(0)), &At(1));
  EXPECT_EQ(list_.Rotate(At(1)), &At(0));
  EXPECT_EQ(Drain(), (Ids{1}));
}

TEST_F(RunListTest, AnyOperations_RandomSequence_AgreesWithADeque) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    RunList list;
    std::deque<Entity*> model;
    std::vector<Entity*> outside;
    for (Entity& entity : entities_) outside.push_back(&entity);
    for (int step = 0; step < 2000; ++step) {
      const bool can_push = !outside.empty();
      switch (random() % 5) {
        case 0:
          if (!can_push) break;
          list.PushBack(*outside.back());
          model.push_back(outside.back());
          outside.pop_back();
          break;
        case 1:
          if (!can_push) break;
          list.PushFront(*outside.back());
          model.push_front(outside.back());
          outside.pop_back();
          break;
        case 2: {
          Entity* const expected = model.empty() ? nullptr : model.front();
          ASSERT_EQ(list.PopFront(), expected);
          if (expected == nullptr) break;
          model.pop_front();
          outside.push_back(expected);
          break;
        }
        case 3: {
          if (!can_push) break;
          model.push_back(outside.back());
          ASSERT_EQ(list.Rotate(*outside.back()), model.front());
          outside.back() = model.front();
          model.pop_front();
          break;
        }
        case 4: {
          if (model.empty()) break;
          const auto place =
              model.begin() + static_cast<ptrdiff_t>(random() % model.size());
          list.Remove(**place);
          outside.push_back(*place);
          model.erase(place);
          break;
        }
      }
      ASSERT_EQ(list.empty(), model.empty());
    }
  }
}

}  // namespace
}  // namespace jiffy::sched
