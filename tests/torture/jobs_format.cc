// Numbers to text and back: snprintf, sscanf, string streams, charconv.

#include <charconv>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <sstream>
#include <string>

#include "tests/torture/jobs.h"

namespace jiffy::torture {
namespace {

class FormatJob final : public Job {
 public:
  explicit FormatJob(const JobSetting& setting)
      : failures_(*setting.failures) {}

  void Round(JobContext& context) override {
    for (int i = 0; i < 4; ++i) {
      const auto integer = static_cast<int64_t>(context.random.Next());
      // Any exponent except those of infinities and NaNs.
      const double real =
          std::ldexp(static_cast<double>(context.random.Next() >> 11),
                     static_cast<int>(context.random.Below(1800)) - 900);
      Printf(integer, real);
      Streams(integer, real);
      Charconv(integer, real);
    }
  }

 private:
  void Printf(int64_t integer, double real) {
    char text[256];
    const int size =
        snprintf(text, sizeof text, "%" PRId64 "|%a|%.17g|%s|%x|", integer,
                 real, real, "fixed", static_cast<unsigned>(integer));
    int64_t integer_read = 0;
    double hex_read = 0;
    double decimal_read = 0;
    char word[16];
    unsigned low = 0;
    const int fields =
        sscanf(text, "%" SCNd64 "|%la|%lg|%15[a-z]|%x|", &integer_read,
               &hex_read, &decimal_read, word, &low);
    TORTURE_EXPECT(failures_, size > 0 && size < 256);
    TORTURE_EXPECT_EQ(failures_, 5, fields);
    TORTURE_EXPECT_EQ(failures_, integer, integer_read);
    TORTURE_EXPECT_EQ(failures_, real, hex_read);
    TORTURE_EXPECT_EQ(failures_, real, decimal_read);
    TORTURE_EXPECT_EQ(failures_, std::string("fixed"), word);
    TORTURE_EXPECT_EQ(failures_, static_cast<unsigned>(integer), low);

    const long double extended = static_cast<long double>(real) / 3;
    snprintf(text, sizeof text, "%.*Lg",
             std::numeric_limits<long double>::max_digits10, extended);
    TORTURE_EXPECT_EQ(failures_, extended, strtold(text, nullptr));
  }

  void Streams(int64_t integer, double real) {
    std::ostringstream out;
    out.precision(17);
    out << integer << ' ' << std::hex << integer << ' ' << real << " end";
    std::istringstream in(out.str());
    int64_t decimal = 0;
    uint64_t hex = 0;
    double real_read = 0;
    std::string end;
    in >> decimal >> std::hex >> hex >> std::dec >> real_read >> end;
    TORTURE_EXPECT_EQ(failures_, integer, decimal);
    TORTURE_EXPECT_EQ(failures_, static_cast<uint64_t>(integer), hex);
    TORTURE_EXPECT_EQ(failures_, real, real_read);
    TORTURE_EXPECT_EQ(failures_, std::string("end"), end);
  }

  void Charconv(int64_t integer, double real) {
    const std::string text = std::to_string(integer);
    int64_t integer_read = 0;
    std::from_chars(text.data(), text.data() + text.size(), integer_read);
    TORTURE_EXPECT_EQ(failures_, integer, integer_read);
    char shortest[64];
    char* const end =
        std::to_chars(shortest, shortest + sizeof shortest - 1, real).ptr;
    double real_read = 0;
#if defined(__i386__)
    // There, libstdc++'s from_chars rounds twice, in the x87: in any program,
    // it reads one or two of a million numbers wrong in the last place.
    *end = '\0';
    real_read = strtod(shortest, nullptr);
#else
    std::from_chars(shortest, end, real_read);
#endif
    TORTURE_EXPECT_EQ(failures_, real, real_read);
  }

  Failures& failures_;
};

}  // namespace

std::unique_ptr<Job> MakeFormatJob(const JobSetting& setting) {
  return std::make_unique<FormatJob>(setting);
}

}  // namespace jiffy::torture
