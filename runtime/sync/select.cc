#include "runtime/sync/select.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <stop_token>

#include "absl/container/fixed_array.h"
#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "runtime/core/biased_lock.h"
#include "runtime/core/deadline.h"
#include "runtime/core/waiter.h"
#include "runtime/sync/wait.h"
#include "runtime/sync/wait_options.h"
#include "sched/splitmix64.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

using Cases = absl::Span<SelectCase* const>;
constexpr size_t kFew = 8;

// The locks of all objects, each once. All are held together, in the order of
// their addresses, so that the cases are examined at one moment.
class CaseLocks {
 public:
  explicit CaseLocks(Cases cases) {
    for (SelectCase* c : cases) {
      if (BiasedLock* lock = c->lock(); lock != nullptr) locks_.push_back(lock);
    }
    std::sort(locks_.begin(), locks_.end(), std::less<>());
    locks_.erase(std::unique(locks_.begin(), locks_.end()), locks_.end());
  }
  void Lock() {
    for (BiasedLock* lock : locks_) lock->Lock();
  }
  void Unlock() {
    for (BiasedLock* lock : locks_) lock->Unlock();
  }

 private:
  absl::InlinedVector<BiasedLock*, kFew> locks_;
};

// Returns the first case, searching from `begin`, that can happen at once, or
// nullptr. Context: all locks held.
SelectCase* TryAll(Cases cases, size_t begin) {
  for (size_t i = 0; i < cases.size(); ++i) {
    SelectCase* c = cases[(begin + i) % cases.size()];
    if (c->Try()) return c;
  }
  return nullptr;
}

SelectCase* Find(Cases cases, SelectCase::Kind kind) {
  for (SelectCase* c : cases) {
    if (c->kind() == kind) return c;
  }
  return nullptr;
}

// A wait for several objects. The thread that ends it sets `winner`, once.
class Selection {
 public:
  explicit Selection(Cases cases) : cases_(cases), places_(cases.size()) {
    for (std::optional<Waiter>& place : places_) {
      place.emplace(&parker_, &winner_);
    }
  }

  // Waits for one of the cases, which then has its grant, and returns it.
  SelectCase* Wait(CaseLocks& locks, size_t begin) {
    absl::Duration timeout = absl::InfiniteDuration();
    SelectCase* first_timeout = nullptr;
    for (SelectCase* c : cases_) {
      if (c->kind() == SelectCase::Kind::kTimeout && c->timeout() < timeout) {
        timeout = c->timeout();
        first_timeout = c;
      }
    }
    const int64_t due_ns = DueAfter(timeout);
    // Stop requests may claim the wait until these are destroyed. They are
    // registered with preemption on, as a stop state has a lock of its own.
    std::list<std::stop_callback<ClaimByStop>> stops;
    for (size_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i]->kind() == SelectCase::Kind::kStop) {
        stops.emplace_back(cases_[i]->stop(), ClaimByStop{&*places_[i]});
      }
    }
    const signals::PreemptGuard guard;
    locks.Lock();
    if (self_.Claim()) {
      // From here on no stop request can end the wait.
      if (SelectCase* ready = TryAll(cases_, begin); ready != nullptr) {
        locks.Unlock();
        return ready;
      }
      if (due_ns == kAlreadyOver) {
        locks.Unlock();
        return first_timeout;
      }
      winner_.store(nullptr);
      // A stop request that came since the claim was ignored: check for it.
      for (size_t i = 0; i < cases_.size(); ++i) {
        if (cases_[i]->stop().stop_requested() && places_[i]->Claim()) {
          locks.Unlock();
          return cases_[i];
        }
      }
      if (winner_.load() == nullptr) EnqueueAll();
    }
    locks.Unlock();
    const bool delivered =
        ParkUntilDelivered(parker_, WaitKind::kSelect, this, due_ns,
                           [this] { return self_.Claim(); });
    locks.Lock();
    for (std::optional<Waiter>& place : places_) {
      if (place->list != nullptr) place->list->Remove(&*place);
    }
    locks.Unlock();
    return delivered ? Winner() : first_timeout;
  }

 private:
  // Ends the wait, unless it has ended already.
  struct ClaimByStop {
    Waiter* place;
    void operator()() const noexcept {
      const signals::PreemptGuard guard;
      if (place->Claim()) Deliver(place);
    }
  };

  void EnqueueAll() {
    for (size_t i = 0; i < cases_.size(); ++i) {
      if (cases_[i]->lock() != nullptr) cases_[i]->Enqueue(&*places_[i]);
    }
  }

  SelectCase* Winner() {
    const Waiter* winner = winner_.load();
    for (size_t i = 0; i < cases_.size(); ++i) {
      if (&*places_[i] == winner) {
        cases_[i]->TakeGrant(*winner);
        return cases_[i];
      }
    }
    Misuse("Select", "woken by nobody");
  }

  Cases cases_;
  // One for each case. Declared before the Parker, which refers to them and so
  // must be destroyed first.
  absl::FixedArray<std::optional<Waiter>, kFew> places_;
  Parker parker_;
  std::atomic<Waiter*> winner_{nullptr};
  // For claims by the selecting thread itself.
  Waiter self_{&parker_, &winner_};
};

}  // namespace

int RunSelect(Cases cases) {
  CaseLocks locks(cases);
  size_t begin = 0;
  if (cases.size() > 1) {
    static std::atomic<uint64_t> draws{0};
    begin = sched::SplitMix64(draws.fetch_add(1, std::memory_order_relaxed))
                .Below(static_cast<uint32_t>(cases.size()));
  }
  SelectCase* chosen;
  {
    const signals::PreemptGuard guard;
    locks.Lock();
    chosen = TryAll(cases, begin);
    locks.Unlock();
  }
  if (chosen == nullptr) chosen = Find(cases, SelectCase::Kind::kDefault);
  if (chosen == nullptr) {
    Selection selection(cases);
    chosen = selection.Wait(locks, begin);
  }
  chosen->Finish();
  return static_cast<int>(std::find(cases.begin(), cases.end(), chosen) -
                          cases.begin());
}

}  // namespace jiffy::internal
