// Exceptions through several frames: each reaches its handler, each object on
// the way is destroyed once, and each thread keeps the exception that it
// handles.

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/thread.h"
#include "tests/torture/jobs.h"

namespace jiffy::torture {
namespace {

class Error : public std::runtime_error {
 public:
  Error(int depth, uint64_t token)
      : std::runtime_error("depth " + std::to_string(depth)),
        depth(depth),
        token(token) {}
  int depth;
  uint64_t token;
};

// Counts the objects on the stack, and checks how it is destroyed.
class Frame {
 public:
  Frame(int* alive, Failures& failures)
      : alive_(alive),
        failures_(failures),
        uncaught_(std::uncaught_exceptions()) {
    ++*alive_;
  }
  ~Frame() {
    TORTURE_EXPECT_EQ(failures_, uncaught_ + 1, std::uncaught_exceptions());
    --*alive_;
  }

 private:
  int* const alive_;
  Failures& failures_;
  const int uncaught_;
};

class ExceptionJob final : public Job {
 public:
  explicit ExceptionJob(const JobSetting& setting)
      : failures_(*setting.failures) {}

  void Round(JobContext& context) override {
    const uint64_t token = context.random.Next();
    const int depth = 1 + static_cast<int>(context.random.Below(8));
    switch (context.random.Below(4)) {
      case 0:
        Through(depth, token);
        break;
      case 1:
        Nested(depth, token);
        break;
      case 2:
        Rethrown(depth, token);
        break;
      default:
        Kept(depth, token);
    }
    TORTURE_EXPECT_EQ(failures_, 0, std::uncaught_exceptions());
    TORTURE_EXPECT(failures_, std::current_exception() == nullptr);
  }

 private:
  // Throws from `depth` frames below.
  [[gnu::noinline]] void Throw(int depth, uint64_t token, int* alive) {
    const Frame frame(alive, failures_);
    if (depth == 0) throw Error(0, token);
    Throw(depth - 1, token, alive);
  }

  void Through(int depth, uint64_t token) {
    int alive = 0;
    try {
      Throw(depth, token, &alive);
      TORTURE_EXPECT(failures_, !"reached");
    } catch (const Error& error) {
      TORTURE_EXPECT_EQ(failures_, token, error.token);
      TORTURE_EXPECT_EQ(failures_, std::string("depth 0"), error.what());
    }
    TORTURE_EXPECT_EQ(failures_, 0, alive);
  }

  // Each frame catches an exception and throws another that contains it.
  [[gnu::noinline]] void ThrowNested(int depth, int bottom, uint64_t token) {
    if (depth == bottom) throw Error(depth, token);
    try {
      ThrowNested(depth + 1, bottom, token);
    } catch (const Error& error) {
      TORTURE_EXPECT_EQ(failures_, depth + 1, error.depth);
      std::throw_with_nested(Error(depth, token));
    }
  }

  void CheckNested(const std::exception& exception, int depth, int bottom) {
    const auto* error = dynamic_cast<const Error*>(&exception);
    if (!TORTURE_EXPECT(failures_, error != nullptr)) return;
    TORTURE_EXPECT_EQ(failures_, depth, error->depth);
    try {
      std::rethrow_if_nested(exception);
      TORTURE_EXPECT_EQ(failures_, bottom, depth);
    } catch (const std::exception& inner) {
      CheckNested(inner, depth + 1, bottom);
    }
  }

  void Nested(int bottom, uint64_t token) {
    try {
      ThrowNested(0, bottom, token);
    } catch (const std::exception& exception) {
      CheckNested(exception, 0, bottom);
    }
  }

  // While it handles one, other threads run, which may handle their own.
  void Rethrown(int depth, uint64_t token) {
    int alive = 0;
    try {
      try {
        Throw(depth, token, &alive);
      } catch (const Error&) {
        const std::exception_ptr before = std::current_exception();
        this_thread::Yield();
        Through(2, token + 1);
        TORTURE_EXPECT(failures_, std::current_exception() == before);
        throw;
      }
    } catch (const Error& error) {
      TORTURE_EXPECT_EQ(failures_, token, error.token);
    }
    TORTURE_EXPECT_EQ(failures_, 0, alive);
  }

  // An exception that outlives its handler.
  void Kept(int depth, uint64_t token) {
    std::exception_ptr kept;
    int alive = 0;
    try {
      Throw(depth, token, &alive);
    } catch (...) {
      kept = std::current_exception();
    }
    Through(1, token + 1);
    try {
      std::rethrow_exception(kept);
    } catch (const Error& error) {
      TORTURE_EXPECT_EQ(failures_, token, error.token);
    }
    try {
      std::rethrow_exception(std::make_exception_ptr(token));
    } catch (const uint64_t number) {
      TORTURE_EXPECT_EQ(failures_, token, number);
    }
  }

  Failures& failures_;
};

}  // namespace

std::unique_ptr<Job> MakeExceptionJob(const JobSetting& setting) {
  return std::make_unique<ExceptionJob>(setting);
}

}  // namespace jiffy::torture
