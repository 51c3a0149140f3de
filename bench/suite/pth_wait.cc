// GNU Pth: what its threads wait on.

#include <pth.h>

#include "bench/suite/pth.h"
#include "bench/suite/row.h"

namespace jiffy::bench {
namespace {

void BM_LockUnlock(benchmark::State& state) {
  const InPth pth(state);
  pth_mutex_t mutex;
  pth_mutex_init(&mutex);
  for (auto _ : state) {
    pth_mutex_acquire(&mutex, 0, nullptr);
    benchmark::ClobberMemory();
    pth_mutex_release(&mutex);
  }
}

struct Game {
  pth_mutex_t mutex;
  pth_cond_t changed;
  int turn = 0;
};

void Play(Game* game, int me) {
  pth_mutex_acquire(&game->mutex, 0, nullptr);
  for (int i = 0; i < kRounds; ++i) {
    while (game->turn != me) {
      pth_cond_await(&game->changed, &game->mutex, nullptr);
    }
    game->turn = 1 - me;
    pth_cond_notify(&game->changed, 0);
  }
  pth_mutex_release(&game->mutex);
}

void BM_MutexConditionRoundTrip(benchmark::State& state) {
  const InPth pth(state);
  while (state.KeepRunningBatch(kRounds)) {
    Game game;
    pth_mutex_init(&game.mutex);
    pth_cond_init(&game.changed);
    pth_t other = pth_spawn(
        PTH_ATTR_DEFAULT,
        [](void* g) -> void* {
          Play(static_cast<Game*>(g), 1);
          return nullptr;
        },
        &game);
    Play(&game, 0);
    pth_join(other, nullptr);
  }
}

[[maybe_unused]] const Row kRows[] = {
    AddRow("lock_unlock", "pth", BM_LockUnlock),
    AddRow("ping_pong/mutex_condition", "pth", BM_MutexConditionRoundTrip),
};

}  // namespace
}  // namespace jiffy::bench
