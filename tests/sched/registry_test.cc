#include "sched/registry.h"

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "sched/fifo.h"

namespace jiffy::sched {
namespace {

absl::StatusOr<std::unique_ptr<Scheduler>> MakeFifo(
    const PolicyConfig& /*config*/) {
  return std::make_unique<Fifo>();
}

std::string MessageOf(const absl::Status& status) {
  const absl::string_view message = status.message();
  return {message.data(), message.size()};
}

// Returns the end of the message that refuses a parameter.
std::string AllowedIn(const PolicyInfo& info) {
  if (info.params.empty()) return "it takes none";
  std::string names;
  for (const PolicyParam& param : info.params) {
    names += (names.empty() ? "allowed: " : ", ") + param.name;
  }
  return names;
}

// Must be first: the tests after it register more policies.
TEST(RegistryTest, AllPolicies_AtFirst_AreTheBuiltInOnes) {
  std::vector<std::string> names;
  for (const PolicyInfo& policy : AllPolicies()) {
    names.push_back(policy.name);
    EXPECT_FALSE(policy.description.empty()) << policy.name;
    EXPECT_EQ(policy.description.find('\n'), std::string::npos) << policy.name;
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"fifo", "rr", "random", "linux-0.01",
                                      "linux-2.4", "linux-o1", "cfs", "eevdf",
                                      "lottery", "stride", "mlfq", "edf"}));
}

TEST(RegistryTest, MakePolicy_UnknownName_NamesTheKnownOnes) {
  const auto policy = MakePolicy("foo", {});
  EXPECT_EQ(policy.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(policy.status()),
            "unknown scheduler \"foo\"; known: fifo, rr, random, linux-0.01, "
            "linux-2.4, linux-o1, cfs, eevdf, lottery, stride, mlfq, edf");
}

TEST(RegistryTest, MakePolicy_EachBuiltIn_HasItsName) {
  for (const PolicyInfo& info : AllPolicies()) {
    const auto policy = MakePolicy(info.name, {});
    ASSERT_TRUE(policy.ok()) << policy.status();
    EXPECT_EQ((*policy)->name(), info.name);
  }
}

TEST(RegistryTest, MakePolicy_UnknownParameter_IsRefusedByEveryBuiltIn) {
  for (const PolicyInfo& info : AllPolicies()) {
    const auto policy = MakePolicy(info.name, {.params = {{"quantum", "3"}}});
    EXPECT_EQ(policy.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(MessageOf(policy.status()),
              "unknown parameter \"quantum\" of scheduler \"" + info.name +
                  "\"; " + AllowedIn(info));
  }
}

TEST(RegistryTest, MakePolicy_SliceNotPositive_IsRefused) {
  for (int64_t slice_ns : {int64_t{0}, int64_t{-5}}) {
    const auto policy = MakePolicy("rr", {.slice_ns = slice_ns});
    EXPECT_EQ(policy.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(MessageOf(policy.status()),
              "slice_ns is " + std::to_string(slice_ns) +
                  "; a time slice must be positive");
  }
}

TEST(RegistryTest, RegisterPolicy_TakenName_IsRefused) {
  for (const char* name : {"rr", "linux-0.01"}) {
    const absl::Status status = RegisterPolicy({name, "another", MakeFifo});
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(MessageOf(status), "a scheduler named \"" + std::string(name) +
                                     "\" is registered already");
  }
}

TEST(RegistryTest, RegisterPolicy_EmptyNameOrFactory_IsRefused) {
  EXPECT_EQ(RegisterPolicy({"", "nameless", MakeFifo}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RegisterPolicy({"hollow", "no factory", nullptr}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(RegistryTest, RegisterPolicy_OneOfTheUsers_CanBeMadeAndIsListedLast) {
  PolicyConfig seen;
  ASSERT_TRUE(
      RegisterPolicy({"mine",
                      "a test's own",
                      [&](const PolicyConfig& config)
                          -> absl::StatusOr<std::unique_ptr<Scheduler>> {
                        seen = config;
                        if (config.seed == 13) {
                          return absl::InvalidArgumentError("seed is 13");
                        }
                        return std::make_unique<Fifo>();
                      },
                      {{"depth"}, {"width"}}})
          .ok());
  EXPECT_EQ(AllPolicies().back().name, "mine");

  PolicyConfig config = {.slice_ns = 5, .seed = 6, .params = {{"width", "2"}}};
  EXPECT_TRUE(MakePolicy("mine", config).ok());
  EXPECT_EQ(seen.slice_ns, 5);
  EXPECT_EQ(seen.seed, 6u);
  EXPECT_EQ(seen.params, config.params);

  EXPECT_EQ(MessageOf(MakePolicy("mine", {.seed = 13}).status()), "seed is 13");
  EXPECT_EQ(
      MessageOf(MakePolicy("mine", {.params = {{"height", "2"}}}).status()),
      "unknown parameter \"height\" of scheduler \"mine\"; allowed: depth, "
      "width");
  EXPECT_EQ(
      MessageOf(MakePolicy("mine", {.params = {{"width", "2"}, {"width", "3"}}})
                    .status()),
      "parameter \"width\" of scheduler \"mine\" is given twice");
}

TEST(RegistryTest, AllCalls_FromManyThreads_DoNotInterfere) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer does not see the mutex, Abseil's";
#endif
  const size_t before = AllPolicies().size();
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      for (int k = 0; k < 20; ++k) {
        const std::string name =
            "t" + std::to_string(i) + "-" + std::to_string(k);
        EXPECT_TRUE(RegisterPolicy({name, "of a thread", MakeFifo}).ok());
        EXPECT_TRUE(MakePolicy(name, {}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> names;
  for (const PolicyInfo& policy : AllPolicies()) names.insert(policy.name);
  EXPECT_EQ(names.size(), before + 160);
}

}  // namespace
}  // namespace jiffy::sched
