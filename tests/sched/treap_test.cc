// Compared with std::multimap, which also keeps equal keys in the order of
// insertion.
#include "sched/treap.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sched/entity.h"

namespace jiffy::sched {
namespace {

struct Node {
  TreapLinks links;
  int64_t key;
  int64_t value;
  int64_t smallest;  // Of the values in the subtree.
};

struct ByKey {
  static TreapLinks& Links(Entity& entity) { return entity.Data<Node>().links; }
  static bool Before(const Entity& a, const Entity& b) {
    return a.Data<Node>().key < b.Data<Node>().key;
  }
};

struct ByKeyWithSmallest : ByKey {
  static bool Update(Entity& entity, const Entity* left, const Entity* right) {
    Node& node = entity.Data<Node>();
    const int64_t before = node.smallest;
    node.smallest = node.value;
    for (const Entity* child : {left, right}) {
      if (child == nullptr) continue;
      node.smallest = std::min(node.smallest, child->Data<Node>().smallest);
    }
    return node.smallest != before;
  }
};

using PlainTree = Treap<ByKey>;
using Tree = Treap<ByKeyWithSmallest>;
using Model = std::multimap<int64_t, Entity*>;

// Checks a subtree's links, ranks and smallest values. Returns its smallest
// value and adds to its height.
int64_t CheckSubtree(Entity* entity, const Entity* parent, int depth,
                     int* height) {
  if (entity == nullptr) return std::numeric_limits<int64_t>::max();
  *height = std::max(*height, depth);
  const Node& node = entity->Data<Node>();
  EXPECT_EQ(node.links.parent, parent);
  if (parent != nullptr) {
    EXPECT_LE(node.links.rank, parent->Data<Node>().links.rank);
  }
  const int64_t smallest = std::min(
      {node.value, CheckSubtree(Tree::Left(*entity), entity, depth + 1, height),
       CheckSubtree(Tree::Right(*entity), entity, depth + 1, height)});
  EXPECT_EQ(node.smallest, smallest);
  return smallest;
}

// Checks the whole tree against the model. Returns its height.
int Check(const Tree& tree, const Model& model) {
  EXPECT_EQ(tree.empty(), model.empty());
  Entity* at = tree.First();
  for (const auto& [key, entity] : model) {
    EXPECT_EQ(at, entity);
    if (at == nullptr) break;
    at = Tree::Next(*at);
  }
  EXPECT_EQ(at, nullptr);
  int height = 0;
  CheckSubtree(tree.root(), nullptr, 1, &height);
  return height;
}

Model::iterator Find(Model& model, const Entity* entity) {
  return std::find_if(model.begin(), model.end(), [entity](const auto& entry) {
    return entry.second == entity;
  });
}

TEST(TreapTest, First_EmptyTree_IsNull) {
  Tree tree;
  EXPECT_TRUE(tree.empty());
  EXPECT_EQ(tree.First(), nullptr);
}

TEST(TreapTest, RandomOperations_AgainstMultimap_Agree) {
  const char* const given = std::getenv("JIFFY_SEED");
  const unsigned first = given == nullptr ? 1 : std::atoi(given);
  std::cout << "JIFFY_SEED=" << first << '\n';
  for (unsigned seed = first; seed < first + 10; ++seed) {
    SCOPED_TRACE("JIFFY_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    // Few keys, so that many are equal; then many.
    const unsigned keys = seed % 2 == 0 ? 8 : 1000;
    std::vector<Entity> entities(200);
    std::vector<Entity*> out;
    for (Entity& entity : entities) {
      entity.Init<Node>();
      out.push_back(&entity);
    }
    Tree tree;
    Model model;
    for (int step = 0; step < 4000; ++step) {
      // The tree grows and shrinks alternately.
      const bool grow = (random() % 4 != 0) == (step / 400 % 2 == 0);
      if (grow && !out.empty()) {
        std::swap(out[random() % out.size()], out.back());
        Entity* const entity = out.back();
        out.pop_back();
        Node& node = entity->Data<Node>();
        node.key = static_cast<int64_t>(random() % keys);
        node.value = static_cast<int64_t>(random() % 1000);
        tree.Insert(*entity);
        model.emplace(node.key, entity);
      } else if (!model.empty()) {
        auto it = model.begin();
        if (random() % 2 == 0) std::advance(it, random() % model.size());
        out.push_back(it->second);
        tree.Remove(*it->second);
        model.erase(it);
      }
      Check(tree, model);
      if (HasFailure()) return;
    }
  }
}

TEST(TreapTest, Insert_EqualKeys_StayInOrderOfInsertion) {
  Entity entities[5];
  PlainTree tree;
  for (Entity& entity : entities) {
    entity.Init<Node>().key = 7;
    tree.Insert(entity);
  }
  Entity* at = tree.First();
  for (Entity& entity : entities) {
    EXPECT_EQ(at, &entity);
    at = PlainTree::Next(*at);
  }
}

// Keys in order turn a plain search tree into a list.
TEST(TreapTest, Height_KeysInOrder_IsLogarithmic) {
  constexpr int kCount = 10'000;
  std::vector<Entity> entities(kCount);
  Tree tree;
  Model model;
  for (int i = 0; i < kCount; ++i) {
    entities[i].Init<Node>().key = i;
    tree.Insert(entities[i]);
    model.emplace(i, &entities[i]);
  }
  // About 31 is to be expected.
  EXPECT_LE(Check(tree, model), 50);
}

// Used as a queue: the first leaves and returns behind all others.
TEST(TreapTest, Height_FirstToTheEndAgainAndAgain_StaysLogarithmic) {
  constexpr int kCount = 1'000;
  std::vector<Entity> entities(kCount);
  Tree tree;
  Model model;
  for (int i = 0; i < kCount; ++i) {
    entities[i].Init<Node>().key = i;
    tree.Insert(entities[i]);
    model.emplace(i, &entities[i]);
  }
  for (int i = 0; i < 50 * kCount; ++i) {
    Entity* const first = tree.First();
    tree.Remove(*first);
    model.erase(Find(model, first));
    first->Data<Node>().key += kCount;
    tree.Insert(*first);
    model.emplace(first->Data<Node>().key, first);
  }
  EXPECT_LE(Check(tree, model), 40);
}

}  // namespace
}  // namespace jiffy::sched
