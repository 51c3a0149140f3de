#include "sched/scheduler.h"

#include <atomic>

namespace jiffy::sched {
namespace {

using Resolver = Host* (*)();

// Signal handlers on any kernel thread read this: it must be a plain load.
constinit std::atomic<Resolver> g_resolver{nullptr};
static_assert(std::atomic<Resolver>::is_always_lock_free,
              "CurrentHost is called in signal handlers");

}  // namespace

Host* CurrentHost() {
  const Resolver resolver = g_resolver.load(std::memory_order_acquire);
  return resolver == nullptr ? nullptr : resolver();
}

void SetCurrentHostResolver(Host* (*resolver)()) {
  g_resolver.store(resolver, std::memory_order_release);
}

}  // namespace jiffy::sched
