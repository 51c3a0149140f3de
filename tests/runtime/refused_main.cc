// Prints how a run ended, with preemption and without. For refused_test.sh:
// programs in which green threads cannot run, each linked in its own way.
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
