// Standard containers, checked against contents that arithmetic predicts.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/torture/jobs.h"

namespace jiffy::torture {
namespace {

std::string Word(uint64_t number) {
  std::string word;
  for (; number != 0; number /= 26) {
    word += static_cast<char>('a' + number % 26);
  }
  return word;
}

class ContainerJob final : public Job {
 public:
  explicit ContainerJob(const JobSetting& setting)
      : failures_(*setting.failures) {}

  void Round(JobContext& context) override {
    const uint64_t base = context.random.Next() >> 16;
    switch (context.random.Below(4)) {
      case 0:
        Strings(base);
        break;
      case 1:
        Maps(base);
        break;
      case 2:
        Hashes(base);
        break;
      default:
        Sequences(context);
    }
  }

 private:
  // Builds a string letter by letter, cuts it up and puts it together again.
  void Strings(uint64_t base) {
    std::string text;
    std::vector<std::string> words;
    for (uint64_t i = 0; i < 40; ++i) {
      words.push_back(Word(base * (i + 1)));
      text += words.back();
      text += ' ';
    }
    size_t begin = 0;
    for (const std::string& word : words) {
      const size_t end = text.find(' ', begin);
      TORTURE_EXPECT(failures_, text.substr(begin, end - begin) == word);
      begin = end + 1;
    }
    TORTURE_EXPECT_EQ(failures_, text.size(), begin);
  }

  void Maps(uint64_t base) {
    constexpr uint64_t kPrime = 101;
    std::map<uint64_t, std::string> map;
    for (uint64_t i = 1; i < kPrime; ++i) {
      map[i * base % kPrime] = Word(base + i);
    }
    // Multiplication by a number that is no multiple of a prime is a
    // permutation.
    TORTURE_EXPECT_EQ(failures_, base % kPrime == 0 ? uint64_t{1} : kPrime - 1,
                      map.size());
    if (base % kPrime == 0) return;
    for (uint64_t i = 1; i < kPrime; i += 2) map.erase(i * base % kPrime);
    uint64_t previous = 0;
    for (const auto& [key, word] : map) {
      TORTURE_EXPECT(failures_, key > previous);
      previous = key;
    }
    for (uint64_t i = 2; i < kPrime; i += 2) {
      const auto found = map.find(i * base % kPrime);
      TORTURE_EXPECT(failures_,
                     found != map.end() && found->second == Word(base + i));
    }
  }

  void Hashes(uint64_t base) {
    std::unordered_map<std::string, uint64_t> map;
    for (uint64_t i = 0; i < 60; ++i) map.emplace(Word(base + i), i);
    TORTURE_EXPECT_EQ(failures_, size_t{60}, map.size());
    for (uint64_t i = 0; i < 60; ++i) {
      const auto found = map.find(Word(base + i));
      TORTURE_EXPECT(failures_, found != map.end() && found->second == i);
    }
  }

  void Sequences(JobContext& context) {
    std::vector<uint32_t> numbers;
    uint64_t sum = 0;
    for (int i = 0; i < 300; ++i) {
      numbers.push_back(context.random.Below(1000));
      sum += numbers.back();
    }
    std::sort(numbers.begin(), numbers.end());
    std::deque<uint32_t> ends;
    for (const uint32_t number : numbers) {
      if (number % 2 == 0) {
        ends.push_back(number);
      } else {
        ends.push_front(number);
      }
    }
    std::list<uint32_t> list(ends.begin(), ends.end());
    list.sort();
    TORTURE_EXPECT(failures_, std::is_sorted(numbers.begin(), numbers.end()));
    TORTURE_EXPECT(failures_, std::equal(numbers.begin(), numbers.end(),
                                         list.begin(), list.end()));
    for (const uint32_t number : ends) sum -= number;
    TORTURE_EXPECT_EQ(failures_, uint64_t{0}, sum);
  }

  Failures& failures_;
};

}  // namespace

std::unique_ptr<Job> MakeContainerJob(const JobSetting& setting) {
  return std::make_unique<ContainerJob>(setting);
}

}  // namespace jiffy::torture
