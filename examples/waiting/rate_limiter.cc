// A token bucket: requests pass at a given rate, in bursts up to a limit.
// Requests that wait too long are rejected, and a stop request ends the
// program.
//
//   rate_limiter

#include <chrono>
#include <cstdio>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "examples/program.h"
#include "runtime/jiffy.h"

namespace {

class RateLimiter {
 public:
  RateLimiter(absl::Duration interval, int burst)
      : tokens_(burst), refill_([this, interval](std::stop_token stop) {
          auto next = std::chrono::steady_clock::now();
          for (;;) {
            next += absl::ToChronoNanoseconds(interval);
            if (jiffy::this_thread::SleepUntil(next, stop) ==
                jiffy::WaitResult::kStopped) {
              return;
            }
            // A full bucket gets no more tokens.
            if (taken_.try_acquire()) tokens_.release();
          }
        }) {}

  // Waits for a token. Returns whether there was one in time.
  bool Admit(absl::Duration patience) {
    if (tokens_.Acquire({.timeout = patience}) != jiffy::WaitResult::kReady) {
      return false;
    }
    taken_.release();
    return true;
  }

 private:
  jiffy::CountingSemaphore<> tokens_;
  jiffy::CountingSemaphore<> taken_{0};
  jiffy::Thread refill_;
};

}  // namespace

int main(int argc, char** argv) {
  jiffy::examples::CheckOutputAtExit("rate_limiter");
  jiffy::examples::PrintUsageIfAsked(
      argc, argv,
      "usage: rate_limiter\n"
      "Requests that wait for a permit, and give up after a while.\n");
  constexpr int kRequests = 40;
  constexpr int kBurst = 8;
  constexpr absl::Duration kInterval = absl::Milliseconds(5);
  constexpr absl::Duration kPatience = absl::Milliseconds(100);
  int admitted = 0;
  int at_once = 0;
  const absl::Status status =
      jiffy::Run({.time_slice = absl::Milliseconds(1)}, [&] {
        RateLimiter limiter(kInterval, kBurst);
        const absl::Time start = absl::Now();
        std::vector<jiffy::Thread> requests;
        for (int i = 0; i < kRequests; ++i) {
          requests.emplace_back([&] {
            if (!limiter.Admit(kPatience)) return;
            const jiffy::NoPreempt guard;
            admitted++;
            if (absl::Now() - start < kInterval) at_once++;
          });
        }
      });
  if (!status.ok()) {
    fprintf(stderr, "rate_limiter: %s\n", status.ToString().c_str());
    return 2;
  }
  printf("%d requests at once, a token each %s, a bucket of %d, patience %s:\n",
         kRequests, absl::FormatDuration(kInterval).c_str(), kBurst,
         absl::FormatDuration(kPatience).c_str());
  printf("  %d admitted, %d of them in the first %s; %d turned away\n",
         admitted, at_once, absl::FormatDuration(kInterval).c_str(),
         kRequests - admitted);
  return admitted >= kBurst && admitted < kRequests ? 0 : 1;
}
