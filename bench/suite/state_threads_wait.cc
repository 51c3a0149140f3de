// State Threads: what its threads wait on. Its condition variables need no
// mutex, as nothing is preempted.

#include <st.h>

#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

void BM_LockUnlock(benchmark::State& state) {
  if (st_init() != 0) state.SkipWithError("st_init failed");
  st_mutex_t mutex = st_mutex_new();
  for (auto _ : state) {
    st_mutex_lock(mutex);
    benchmark::ClobberMemory();
    st_mutex_unlock(mutex);
  }
  st_mutex_destroy(mutex);
}

struct Game {
  st_cond_t changed;
  int turn = 0;
};

void Play(Game* game, int me) {
  for (int i = 0; i < kRounds; ++i) {
    while (game->turn != me) st_cond_wait(game->changed);
    game->turn = 1 - me;
    st_cond_signal(game->changed);
  }
}

void BM_MutexConditionRoundTrip(benchmark::State& state) {
  if (st_init() != 0) state.SkipWithError("st_init failed");
  while (state.KeepRunningBatch(kRounds)) {
    Game game;
    game.changed = st_cond_new();
    st_thread_t other = st_thread_create(
        [](void* g) -> void* {
          Play(static_cast<Game*>(g), 1);
          return nullptr;
        },
        &game, /*joinable=*/1, /*stack_size=*/0);
    Play(&game, 0);
    st_thread_join(other, nullptr);
    st_cond_destroy(game.changed);
  }
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("lock_unlock", "state_threads", BM_LockUnlock),
    AddRow("ping_pong/mutex_condition", "state_threads",
           BM_MutexConditionRoundTrip),
};

}  // namespace
}  // namespace jiffy::bench
