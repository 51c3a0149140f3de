// The check of trace files accepts correct files, and finds each kind of error.
#include "tests/trace/trace_format.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace jiffy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kNames = R"(
    {"ph":"M","name":"process_name","pid":1,"tid":0,"args":{"name":"p"}},
    {"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"a"}},
    {"ph":"M","name":"thread_name","pid":1,"tid":3,"args":{"name":"b"}})";
constexpr std::string_view kSlices = R"(
    {"ph":"X","name":"s","pid":1,"tid":2,"ts":1,"dur":4.005,"cname":"good"},
    {"ph":"X","name":"t","pid":1,"tid":2,"ts":1,"dur":2,"args":{"k":"v"}},
    {"ph":"X","name":"u","pid":1,"tid":3,"ts":2,"dur":1})";
constexpr std::string_view kBegin =
    R"({"ph":"s","name":"w","pid":1,"tid":2,"ts":2,"cat":"c","id":1})";
constexpr std::string_view kEnd =
    R"({"ph":"f","name":"w","pid":1,"tid":3,"ts":2,"cat":"c","id":1,"bp":"e"})";

std::string FileOf(const std::vector<std::string_view>& parts) {
  std::string text = R"({"traceEvents":[)";
  bool first = true;
  for (const std::string_view part : parts) {
    if (!first) text += ",";
    first = false;
    text += part;
  }
  return text + "]}";
}

std::vector<std::string> ErrorsOf(const std::vector<std::string_view>& parts) {
  return TraceFormatErrors(FileOf(parts));
}

// Returns the text with its only `old` replaced.
std::string With(std::string_view text, std::string_view old,
                 std::string_view other) {
  std::string changed(text);
  const size_t at = changed.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return changed.replace(at, old.size(), other);
}

TEST(TraceFormatTest, WhatIsRight_Passes) {
  EXPECT_THAT(
      ErrorsOf({kNames, kSlices, kBegin, kEnd,
                R"({"ph":"C","name":"n","pid":1,"tid":0,"ts":0,
                    "args":{"value":3}})",
                R"({"ph":"i","name":"m","pid":1,"tid":2,"ts":9,"s":"t"})"}),
      IsEmpty());
  EXPECT_THAT(ErrorsOf({}), IsEmpty());
}

TEST(TraceFormatTest, NoTrace_IsFound) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"traceEvents":{}})", "{\"traceEvents\":[]} x",
        "{\"traceEvents\":[],\"otherData\":\"\xff\"}"}) {
    EXPECT_EQ(TraceFormatErrors(text).size(), 1u) << text;
  }
  EXPECT_THAT(TraceFormatErrors(R"({"traceEvents":[],"displayTimeUnit":"ms"})"),
              ElementsAre(HasSubstr("displayTimeUnit")));
  EXPECT_THAT(TraceFormatErrors(R"({"traceEvents":[3]})"),
              ElementsAre(HasSubstr("is no object")));
}

// The effect of one change in an event.
struct Bad {
  std::string_view event;
  std::string_view old;
  std::string_view other;
  const char* error;
};

constexpr std::string_view kX =
    R"({"ph":"X","name":"s","pid":1,"tid":2,"ts":10,"dur":4,"args":{}})";
constexpr std::string_view kI =
    R"({"ph":"i","name":"m","pid":1,"tid":2,"ts":1,"s":"t"})";
constexpr std::string_view kC =
    R"({"ph":"C","name":"n","pid":1,"tid":0,"ts":0,"args":{"value":3}})";
constexpr std::string_view kM =
    R"({"ph":"M","name":"thread_name","pid":1,"tid":9,"args":{"name":"z"}})";

TEST(TraceFormatTest, EachChange_IsFound) {
  const Bad kBad[] = {
      {kX, R"("ph":"X",)", "", "unknown phase ''"},
      {kX, R"("ph":"X")", R"("ph":"Q")", "unknown phase 'Q'"},
      {kX, R"("name":"s",)", "", "lacks \"name\""},
      {kX, R"("name":"s")", R"("name":1)", "\"name\" is no text"},
      {kX, R"("pid":1,)", "", "lacks \"pid\""},
      {kX, R"("tid":2)", R"("tid":2.5)", "\"tid\" is no integer"},
      {kX, R"("tid":2)", R"("tid":4)", "track 4 has no name"},
      {kX, R"("tid":2)", R"("tid":0)", "track 0 is shown without its name"},
      {kX, R"("ts":10,)", "", "lacks \"ts\""},
      {kX, R"("ts":10)", R"("ts":"10")", "\"ts\" is no number"},
      {kX, R"("ts":10)", R"("ts":-1)", "\"ts\" is out of range"},
      {kX, R"("ts":10)", R"("ts":10.0005)", "fraction of a nanosecond"},
      {kX, R"("dur":4,)", "", "lacks \"dur\""},
      {kX, R"("dur":4)", R"("dur":-4)", "\"dur\" is out of range"},
      {kX, R"("dur":4)", R"("dur":4,"dur":4)", "\"dur\" is there twice"},
      {kX, R"("dur":4)", R"("dur":4,"scope":1)", "does not belong there"},
      {kX, R"("dur":4)", R"("dur":4,"cname":"red")", "no such colour: 'red'"},
      {kX, R"("args":{})", R"("args":[])", "\"args\" is no object"},
      {kI, R"(,"s":"t")", "", "lacks \"s\""},
      {kI, R"("s":"t")", R"("s":"x")", "no such scope: 'x'"},
      {kC, R"("value":3)", "", "a counter without a value"},
      {kC, R"("value":3)", R"("value":"3")", "value is no number"},
      {kC, R"("pid":1)", R"("pid":7)", "process 7 has no name"},
      {kM, "thread_name", "thread_nam", "no such metadata"},
      {kM, R"("name":"z")", R"("nam":"z")", "lacks \"name\""},
      {kM, R"("name":"z")", R"("name":1)", "\"name\" is no text"},
      {kM, R"("tid":9)", R"("tid":2)", "is named a second time"},
  };
  for (const Bad& bad : kBad) {
    EXPECT_THAT(ErrorsOf({kNames, bad.event}), IsEmpty()) << bad.event;
    const std::string changed = With(bad.event, bad.old, bad.other);
    EXPECT_THAT(ErrorsOf({kNames, changed}),
                ::testing::Contains(HasSubstr(bad.error)))
        << changed;
  }
}

TEST(TraceFormatTest, NumberOfTwoProcesses_IsFound) {
  constexpr std::string_view kOther =
      R"({"ph":"M","name":"process_name","pid":5,"tid":0,"args":{"name":"q"}},
         {"ph":"M","name":"thread_name","pid":5,"tid":6,"args":{"name":"c"}})";
  EXPECT_THAT(ErrorsOf({kNames, kOther}), IsEmpty());
  EXPECT_THAT(ErrorsOf({kNames, With(kOther, R"("tid":6)", R"("tid":5)")}),
              IsEmpty());
  for (const char* other : {R"("tid":3)", R"("tid":1)"}) {
    EXPECT_THAT(ErrorsOf({kNames, With(kOther, R"("tid":6)", other)}),
                ElementsAre(HasSubstr("is another process's too")))
        << other;
  }
}

TEST(TraceFormatTest, SlicesThatOverlap_AreFound) {
  const auto with = [](const char* slice) {
    return ErrorsOf({kNames, kSlices, slice});
  };
  // Of the slices before, the outer is from 1 to 5.005, the inner from 1 to 3.
  for (const char* good :
       {R"({"ph":"X","name":"v","pid":1,"tid":2,"ts":5.005,"dur":1})",
        R"({"ph":"X","name":"v","pid":1,"tid":2,"ts":3,"dur":2.005})",
        R"({"ph":"X","name":"v","pid":1,"tid":2,"ts":0,"dur":1})"}) {
    EXPECT_THAT(with(good), IsEmpty()) << good;
  }
  for (const char* bad :
       {R"({"ph":"X","name":"v","pid":1,"tid":2,"ts":5.004,"dur":1})",
        R"({"ph":"X","name":"v","pid":1,"tid":2,"ts":2,"dur":2})",
        R"({"ph":"X","name":"v","pid":1,"tid":2,"ts":0,"dur":1.001})",
        // Encloses others that begin with it, but comes after them in the file.
        R"({"ph":"X","name":"v","pid":1,"tid":2,"ts":1,"dur":10})"}) {
    EXPECT_THAT(with(bad), ::testing::Contains(HasSubstr("overlaps"))) << bad;
  }
}

TEST(TraceFormatTest, ArrowsThatAViewerWouldDrop_AreFound) {
  const auto with = [](std::string_view begin, std::string_view end) {
    return ErrorsOf({kNames, kSlices, begin, end});
  };
  EXPECT_THAT(with(kBegin, kEnd), IsEmpty());
  EXPECT_THAT(ErrorsOf({kNames, kSlices, kBegin}),
              ElementsAre(HasSubstr("1 beginnings and 0 ends")));
  EXPECT_THAT(ErrorsOf({kNames, kSlices, kBegin, kBegin, kEnd}),
              ElementsAre(HasSubstr("2 beginnings and 1 ends")));
  for (const char* part : {R"("id":1)", R"("name":"w")", R"("cat":"c")"}) {
    const std::string other = With(part, part[1] == 'i' ? "1" : R"(":")",
                                   part[1] == 'i' ? "2" : R"(":"o)");
    EXPECT_THAT(with(kBegin, With(kEnd, part, other)),
                ElementsAre(HasSubstr("beginnings"), HasSubstr("beginnings")))
        << other;
  }
  EXPECT_THAT(with(kBegin, With(kEnd, R"(,"bp":"e")", "")),
              ::testing::Contains(HasSubstr("bound to the next slice")));
  EXPECT_THAT(with(With(kBegin, R"("ts":2)", R"("ts":2.5)"), kEnd),
              ElementsAre(HasSubstr("leads back in time")));
  EXPECT_THAT(with(With(kBegin, R"("ts":2)", R"("ts":0.5)"), kEnd),
              ElementsAre(HasSubstr("begins in no slice")));
  // At the time when the slice has just ended.
  EXPECT_THAT(with(kBegin, With(kEnd, R"("ts":2)", R"("ts":3)")),
              ElementsAre(HasSubstr("ends in no slice")));
  // The slices come too late in the file.
  EXPECT_THAT(
      ErrorsOf({kNames, kBegin, kEnd, kSlices}),
      ElementsAre(HasSubstr("begins in no"), HasSubstr("ends in no slice")));
}

}  // namespace
}  // namespace jiffy
