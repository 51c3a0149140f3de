// The page's file: its contents, and the errors if it cannot be written.
#include "tools/page/page.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sched/sim/engine.h"
#include "tests/page/page_data.h"
#include "tests/sim/sim_testing.h"

namespace jiffy::page {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kTwoHogs[] = R"({
  "tasks": {"A": {"loop": 1, "run": 15000}, "B": {"loop": 1, "run": 5000}}})";

class PageTest : public testing::Test {
 protected:
  PageTest() : folder_(testing::TempDir() + "/page_test") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }

  // Runs a workload under policies and returns the resulting page.
  std::string PageOf(std::string_view workload,
                     const std::vector<std::string>& policies, int cpus = 1) {
    const std::string path = folder_ + "/page.html";
    auto page = Page::Open(path, policies.size());
    EXPECT_TRUE(page.ok()) << page.status();
    for (const std::string& policy : policies) {
      RunSink& sink = (*page)->Watch({.workload = "w.json", .policy = policy});
      const sched::sim::Outcome outcome = sched::sim::RunWorkload(
          workload, {.policy = policy, .cpus = cpus}, {&sink});
      EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    }
    EXPECT_TRUE((*page)->Publish().ok());
    return ReadFile(path);
  }

  size_t FilesLeft() const {
    const std::filesystem::directory_iterator files(folder_);
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  const std::string folder_;
};

TEST_F(PageTest, Slices_AreThoseOfTheRun) {
  const auto data = ParseData(PageOf(kTwoHogs, {"rr"}));
  EXPECT_THAT(Strings(data["tasks"]), ElementsAre("A-0", "B-1"));
  ASSERT_EQ(data["runs"].Size(), 1u);
  const auto& run = data["runs"][0];
  EXPECT_STREQ(run["policy"].GetString(), "rr");
  EXPECT_FALSE(run["live"].GetBool());
  EXPECT_EQ(run["end_us"].GetInt64(), 20'000);
  EXPECT_EQ(run["kept_until_us"].GetInt64(), 20'000);
  const auto& slices = run["slices"];
  EXPECT_THAT(Sums(slices["start"]), ElementsAre(0, 10'000, 15'000));
  EXPECT_THAT(Integers(slices["length"]), ElementsAre(10'000, 5'000, 5'000));
  EXPECT_THAT(Integers(slices["waited"]), ElementsAre(0, 10'000, 5'000));
  EXPECT_THAT(Integers(slices["task"]), ElementsAre(0, 1, 0));
  EXPECT_STREQ(slices["end"].GetString(), "TXX");
  EXPECT_FALSE(slices.HasMember("cpu"));
}

TEST_F(PageTest, Decisions_SayWhatExplainSays) {
  const auto data = ParseData(PageOf(kTwoHogs, {"linux-0.01"}));
  const auto& run = data["runs"][0];
  const std::vector<std::string> texts = Strings(run["texts"]);
  const auto& decisions = run["decisions"];
  EXPECT_THAT(Sums(decisions["time"]), ElementsAre(0, 5'000, 20'000));
  const auto text = [&](const char* column, size_t row) {
    return texts[static_cast<size_t>(Integers(decisions[column])[row])];
  };
  EXPECT_EQ(text("cause", 0), "the CPU was idle");
  EXPECT_EQ(text("cause", 1), "B-1 exited");
  EXPECT_EQ(text("rule", 0),
            "the largest counter; of equals, the highest slot");
  EXPECT_THAT(Integers(decisions["next"]), ElementsAre(1, 0, -1));
  EXPECT_THAT(Integers(decisions["candidates"]), ElementsAre(2, 1, 0));
  const auto& candidates = run["candidates"];
  EXPECT_THAT(Integers(candidates["task"]), ElementsAre(0, 1, 0));
  EXPECT_EQ(texts[static_cast<size_t>(Integers(candidates["before"])[1])],
            "slot 2, counter 15, priority 15");
  EXPECT_THAT(Integers(candidates["change"]), ElementsAre(0, 0, 0));
}

TEST_F(PageTest, Wakeups_NameTheirWaker_AndLatenciesAreCounted) {
  const auto data = ParseData(PageOf(
      R"({"tasks": {"B": {"loop": 1, "suspend": "", "sleep": 1000, "run": 1},
                    "A": {"loop": 1, "run": 2, "resume": "B", "run": 1}}})",
      {"fifo"}));
  const auto& run = data["runs"][0];
  EXPECT_THAT(Sums(run["wakeups"]["time"]), ElementsAre(2, 1003));
  EXPECT_THAT(Integers(run["wakeups"]["task"]), ElementsAre(0, 0));
  EXPECT_THAT(Integers(run["wakeups"]["by"]), ElementsAre(1, -1));
  // It waited 1 us for A to end, and not at all for an idle CPU.
  EXPECT_THAT(Integers(run["latencies"][0]), ElementsAre(0, 1, 1, 1));
  EXPECT_EQ(run["latencies"][1].Size(), 0u);
  EXPECT_THAT(Integers(run["figures"]["tasks"]["wakeups"]), ElementsAre(2, 0));
}

TEST_F(PageTest, RunnableAtTheEnd_IsAnOpenWait) {
  const auto data = ParseData(PageOf(
      R"({"tasks": {"A": {"run": 1000000}, "B": {"run": 1}},
          "global": {"duration": 1}})",
      {"fifo"}));
  const auto& run = data["runs"][0];
  EXPECT_STREQ(run["slices"]["end"].GetString(), "E");
  EXPECT_THAT(Integers(run["open_waits"]["task"]), ElementsAre(1));
  EXPECT_THAT(Integers(run["open_waits"]["since"]), ElementsAre(0));
}

TEST_F(PageTest, SeveralCpus_SlicesSayWhich) {
  const auto data = ParseData(PageOf(kTwoHogs, {"rr"}, 2));
  const auto& slices = data["runs"][0]["slices"];
  EXPECT_THAT(Sums(slices["start"]), ElementsAre(0, 0));
  EXPECT_THAT(Integers(slices["length"]), ElementsAre(5'000, 15'000));
  EXPECT_THAT(Integers(slices["cpu"]), ElementsAre(1, 0));
}

TEST_F(PageTest, TaskOfSeveralRuns_IsOneTask) {
  const auto data = ParseData(PageOf(kTwoHogs, {"rr", "fifo", "cfs"}));
  EXPECT_EQ(data["tasks"].Size(), 2u);
  for (const auto& run : data["runs"].GetArray()) {
    EXPECT_THAT(Integers(run["tasks"]), ElementsAre(0, 1));
  }
}

TEST_F(PageTest, NastyNames_StayInsideTheData) {
  const std::string nasty =
      R"(</script><script>alert(1)</script><!--<b>"x" 'y' & \u00fc \u6f22 \u2028)";
  std::string json = nasty;
  for (size_t at = 0; (at = json.find('"', at)) != std::string::npos; at += 2) {
    json.insert(at, "\\");
  }
  const std::string page = PageOf(
      R"({"tasks": {")" + json + R"(": {"loop": 1, "run": 1}}})", {"rr"});
  EXPECT_THAT(DataText(page), Not(HasSubstr("<")));
  const auto data = ParseData(page);
  EXPECT_THAT(Strings(data["tasks"]),
              ElementsAre("</script><script>alert(1)</script><!--<b>\"x\" 'y' "
                          "& \u00fc \u6f22 \u2028-0"));
  EXPECT_THAT(page, testing::EndsWith("</body>\n</html>\n"));
}

TEST_F(PageTest, Page_AsksForNothingElse) {
  const std::string page = PageOf(kTwoHogs, {"rr"});
  for (const char* const loads :
       {" src=", "url(", "@import", "import(", "fetch(", "XMLHttpRequest",
        "<link rel=\"s"}) {
    EXPECT_THAT(page, Not(HasSubstr(loads)));
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST_F(PageTest, Unwritable_IsAnErrorThatNamesTheFile) {
  const auto page = Page::Open(folder_ + "/missing/page.html", 1);
  EXPECT_EQ(page.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(page.status().message()),
              HasSubstr("cannot write " + folder_ + "/missing/page.html"));
}

TEST_F(PageTest, FullDisk_IsAnError) {
  auto page = Page::Open("/dev/full", 1);
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(std::string((*page)->Publish().message()),
              HasSubstr("cannot write /dev/full: No space left on device"));
}

TEST_F(PageTest, NotPublished_LeavesNothingAndKeepsTheOld) {
  const std::string path = folder_ + "/page.html";
  std::ofstream(path) << "old";
  {
    auto page = Page::Open(path, 1);
    ASSERT_TRUE(page.ok());
    ASSERT_TRUE((*page)->Flush().ok());
  }
  EXPECT_EQ(ReadFile(path), "old");
  EXPECT_EQ(FilesLeft(), 1u);
}

TEST_F(PageTest, Runs_ShareWhatAPageHolds) {
  auto page = Page::Open(folder_ + "/page.html", 4);
  ASSERT_TRUE(page.ok());
  Limits limits = (*page)->NextLimits();
  EXPECT_EQ(limits.slices, kMaxSlices / 4);
  EXPECT_EQ(limits.wakeups, kMaxWakeups / 4);
  EXPECT_EQ(limits.explanations, kMaxExplanations / 4);
  EXPECT_EQ(limits.text_bytes, kMaxTextBytes / 4);
  // Two hogs: three slices, three decisions with four candidates.
  RunSink& sink = (*page)->Watch({.workload = "w.json", .policy = "rr"});
  sched::sim::RunWorkload(kTwoHogs, {.policy = "rr"}, {&sink});
  limits = (*page)->NextLimits();
  EXPECT_EQ(limits.slices, (kMaxSlices - 3) / 3);
  EXPECT_EQ(limits.wakeups, kMaxWakeups / 3);
  EXPECT_EQ(limits.explanations,
            (kMaxExplanations - sink.trace().explained.size() -
             sink.trace().candidates.size()) /
                3);
  EXPECT_LT(limits.text_bytes, kMaxTextBytes / 3);
  // Runs beyond the announced number get a share, too.
  for (int i = 0; i < 5; ++i) (*page)->Watch({});
  EXPECT_GT((*page)->NextLimits().slices, 0u);
}

}  // namespace
}  // namespace jiffy::page
