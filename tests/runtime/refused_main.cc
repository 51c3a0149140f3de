// Says how a run ended, with preemption and without. refused_test.sh builds on
// it: programs that green threads cannot run in, each linked in a way of its
// own.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "runtime/jiffy.h"

namespace {

void Say(const char* how, const absl::Status& status) {
  printf("%s: %s\n", how, status.ToString().c_str());
}

}  // namespace

int main() {
  Say("preemptive", jiffy::Run({}, [] { jiffy::Thread([] {}); }));
  int sum = 0;
  const absl::Status status = jiffy::Run({.preempt = false}, [&sum] {
    jiffy::Thread a([&sum] {
      for (int i = 0; i < 1000; ++i) {
        free(malloc(100));
        sum += std::stoi("1");
        jiffy::this_thread::Yield();
      }
    });
    jiffy::Thread b([&sum] {
      for (int i = 0; i < 1000; ++i) {
        try {
          throw 1;
        } catch (int one) {
          sum += one;
        }
        jiffy::this_thread::Yield();
      }
    });
  });
  Say("cooperative", status);
  if (status.ok() && sum != 2000) printf("wrong sum: %d\n", sum);
}
