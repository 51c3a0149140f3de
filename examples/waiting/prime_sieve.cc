// Computes primes with a chain of threads: each passes on the numbers that its
// prime does not divide, and the first number at the end is the next prime.
//
//   prime_sieve [HOW_MANY]      (by default: 100)
//
// Source: D. McIlroy, "Coroutine Prime Number Sieve", 1968; as in C. A. R.
// Hoare's "Communicating Sequential Processes", 1978.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "examples/program.h"
#include "runtime/jiffy.h"

namespace {

using Numbers = std::shared_ptr<jiffy::Channel<int>>;

// Starts a thread that passes on the numbers that `f` sends to the channel. It
// ends when no one receives any more: the channel is then closed.
template <typename F>
Numbers Generate(F f) {
  auto numbers = std::make_shared<jiffy::Channel<int>>();
  jiffy::Thread([numbers, f = std::move(f)] { f(*numbers); })
      .Detach()
      .IgnoreError();
  return numbers;
}

Numbers From(int first) {
  return Generate([first](jiffy::Channel<int>& out) {
    for (int n = first; out.Send(n).ok(); ++n) {
    }
  });
}

Numbers NotDivisible(Numbers in, int prime) {
  return Generate([in, prime](jiffy::Channel<int>& out) {
    for (const int n : *in) {
      if (n % prime != 0 && !out.Send(n).ok()) break;
    }
    in->Close();
  });
}

}  // namespace

int main(int argc, char** argv) {
  jiffy::examples::CheckOutputAtExit("prime_sieve");
  jiffy::examples::PrintUsageIfAsked(
      argc, argv,
      "usage: prime_sieve [HOW_MANY]   from 1 to 5000 (default: 100)\n"
      "The first primes, by a chain of threads and channels.\n");
  int count = 100;
  if (argc > 2 || (argc == 2 && (!absl::SimpleAtoi(argv[1], &count) ||
                                 count < 1 || count > 5'000))) {
    fprintf(stderr, "usage: prime_sieve [HOW_MANY]   from 1 to 5000\n");
    return 2;
  }
  const absl::Status status = jiffy::Run({.stack_size = 32 << 10}, [&] {
    Numbers numbers = From(2);
    for (int i = 0; i < count; ++i) {
      const int prime = *numbers->Receive();
      printf("%d%c", prime, i % 10 == 9 || i == count - 1 ? '\n' : ' ');
      numbers = NotDivisible(std::move(numbers), prime);
    }
    numbers->Close();
  });
  if (!status.ok()) {
    fprintf(stderr, "prime_sieve: %s\n", status.ToString().c_str());
    return 2;
  }
  return 0;
}
