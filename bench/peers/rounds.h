// How much all contestants do in an iteration, so that starting threads does
// not count.
#ifndef JIFFY_BENCH_PEERS_ROUNDS_H_
#define JIFFY_BENCH_PEERS_ROUNDS_H_

namespace jiffy::bench {

inline constexpr int kRounds = 10'000;

}  // namespace jiffy::bench

#endif  // JIFFY_BENCH_PEERS_ROUNDS_H_
