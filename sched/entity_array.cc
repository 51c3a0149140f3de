#include "sched/entity_array.h"

#include <atomic>
#include <cstddef>
#include <new>

namespace jiffy::sched {

EntityArray::~EntityArray() {
  for (std::atomic<Entity**>& chunk : chunks_) {
    delete[] chunk.load(std::memory_order_relaxed);
  }
}

void EntityArray::Reserve(size_t count) {
  size_t room = 0;
  for (int k = 0; room < count; ++k) {
    if (k == kChunks) throw std::bad_alloc();
    const size_t length = kFirstChunk << k;
    if (chunks_[k].load(std::memory_order_acquire) == nullptr) {
      Entity** const fresh = new Entity*[length];
      Entity** expected = nullptr;
      // Release: a thread that sees the chunk may write to it.
      if (!chunks_[k].compare_exchange_strong(expected, fresh,
                                              std::memory_order_acq_rel)) {
        // Another caller was faster (perhaps it preempted this one in `new`);
        // its chunk may be in use already.
        delete[] fresh;
      }
    }
    room += length;
  }
}

}  // namespace jiffy::sched
