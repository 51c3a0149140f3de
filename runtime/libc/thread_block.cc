#include "runtime/libc/thread_block.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <locale.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "arch/context.h"
#include "runtime/core/current_worker.h"
#include "runtime/libc/layout.h"
#include "runtime/libc/refused_exit.h"
#include "runtime/libc/static_tls.h"
#include "runtime/libc/thread_id.h"
#include "runtime/libc/tls_template.h"
#include "signals/sanitizer.h"
#include "signals/tick.h"

namespace jiffy::internal {
namespace {

constexpr ptrdiff_t kWord = sizeof(void*);

std::atomic<int> next_block_libc_id{kFirstBlockLibcId};

// Puts the block into ld.so's list of threads on stacks of the user. So a
// library opened later with initial-exec TLS is initialised in it too, and fork
// knows it.
void LinkIntoLoaderList(char* thread_pointer) {
  auto* node = reinterpret_cast<LoaderList*>(thread_pointer + libc_layout.list);
  node->next = node;
  node->prev = node;
  if (libc_layout.stack_user == nullptr) return;
  LoaderListLock lock(libc_layout.stack_lock);
  LoaderList* head = libc_layout.stack_user;
  node->next = head->next;
  node->prev = head;
  head->next->prev = node;
  head->next = node;
}

#if defined(__SANITIZE_ADDRESS__)
// Returns the key whose value is AddressSanitizer's record of the thread.
int FindSanitizerKey() {
  Dl_info sanitizer = {};
  dladdr(dlsym(RTLD_DEFAULT, "__asan_get_report_pc"), &sanitizer);
  for (int i = 0; i < kPthreadKeysFirstLevel; ++i) {
    const PthreadKey key = libc_layout.keys[i];
    Dl_info owner = {};
    if ((key.sequence & 1) != 0 && key.destructor != nullptr &&
        dladdr(reinterpret_cast<void*>(key.destructor), &owner) != 0 &&
        owner.dli_fbase == sanitizer.dli_fbase) {
      return i;
    }
  }
  return kNoPthreadKey;
}
#endif

// Runs the destructors of the calling thread's pthread keys, as libc does when
// a thread ends.
void RunKeyDestructors() {
  constexpr int kRounds = 4;  // PTHREAD_DESTRUCTOR_ITERATIONS
  char* self = arch::ThreadPointer();
  const ptrdiff_t used = KeysUsed();
  for (int round = 0; round < kRounds && Get<bool>(self, used); ++round) {
    Put(self, used, false);
    for (int i = 0; i < kPthreadKeys; ++i) {
      const PthreadKey key = libc_layout.keys[i];
      if ((key.sequence & 1) == 0 || i == libc_layout.sanitizer_key) continue;
      void* value = pthread_getspecific(static_cast<pthread_key_t>(i));
      if (value == nullptr) continue;
      pthread_setspecific(static_cast<pthread_key_t>(i), nullptr);
      if (key.destructor != nullptr) key.destructor(value);
    }
  }
}

// Clears the values that the last round's destructors set. libc loses them too,
// and the next thread here must not find them.
void ForgetKeyValues() {
  char* self = arch::ThreadPointer();
  const ptrdiff_t used = KeysUsed();
  if (!Get<bool>(self, used)) return;
  for (int i = 0; i < kPthreadKeys; ++i) {
    if (i == libc_layout.sanitizer_key) continue;
    const auto key = static_cast<pthread_key_t>(i);
    if (pthread_getspecific(key) != nullptr) pthread_setspecific(key, nullptr);
  }
  Put(self, used, false);
}

// Frees the room in a new thread's TLS vector that ld.so keeps for later
// modules, some 200 bytes. When a module comes, ld.so makes room by itself,
// also by realloc. Keeps one entry more than the vector states, for
// ResetDynamicTls.
void TrimTlsVector(char* thread_pointer) {
  void** place = arch::TcbDtv(thread_pointer);
  auto* vector = static_cast<DtvEntry*>(*place);
  auto room = reinterpret_cast<uintptr_t>(vector[-1].tls);
  while (room > 1 && vector[room].tls == nullptr) --room;
  vector[-1].tls = reinterpret_cast<char*>(room);
  constexpr size_t kBeside = 3;  // Room, generation, the one more.
  void* trimmed = realloc(&vector[-1], (room + kBeside) * sizeof *vector);
  if (trimmed != nullptr) *place = static_cast<DtvEntry*>(trimmed) + 1;
}

uintptr_t RandomStackGuard() {
  uintptr_t guard = 0;
  if (getrandom(&guard, sizeof guard, 0) != sizeof guard) {
    guard = arch::TcbStackGuard(arch::ThreadPointer()) ^
            (reinterpret_cast<uintptr_t>(&guard) * 0x9e3779b97f4a7c15u);
  }
  // Like glibc's: a zero byte stops string functions.
  return guard & ~uintptr_t{0xff};
}

size_t RoundUp(size_t size) { return (size + 63) & ~size_t{63}; }

absl::Status Discover() {
  absl::StatusOr<LibcLayout> found = DiscoverLibcLayout();
  if (!found.ok()) return found.status();
  libc_layout = *found;
  RefusedExit();
  libc_thread_size.alignment =
      std::max<size_t>(64, libc_layout.static_tls_alignment);
  if (libc_layout.pthread == 0) {
    libc_thread_size.above = RoundUp(libc_layout.pthread_size);
    libc_thread_size.below = RoundUp(libc_layout.static_tls_capacity);
  } else {
    libc_thread_size.above = RoundUp(libc_layout.static_tls_capacity);
    libc_thread_size.below = RoundUp(static_cast<size_t>(-libc_layout.pthread));
  }
#if defined(__SANITIZE_ADDRESS__)
  libc_layout.sanitizer_key = FindSanitizerKey();
  if (libc_layout.sanitizer_key == kNoPthreadKey) {
    return absl::UnimplementedError(
        "AddressSanitizer's record of a thread was not found");
  }
#endif
  if (!signals::FindFiberWord()) {
    return absl::UnimplementedError(
        "ThreadSanitizer's record of a thread was not found");
  }
  if (!InitTlsTemplate()) {
    return absl::ResourceExhaustedError("no memory for a thread block");
  }
  return absl::OkStatus();
}

}  // namespace

LoaderListLock::LoaderListLock(int* word) : word_(word) {
  std::atomic_ref<int> state(*word_);
  int expected = 0;
  if (state.compare_exchange_strong(expected, 1)) return;
  // Does not wait by the kernel's futex: the holder may be a green thread of
  // the caller's own worker, and where futexes are interposed, libc's wake-up
  // would not reach the caller.
  while (state.exchange(2) != 0) {
    if (InGreenThread()) {
      SleepUntil(signals::MonotonicNs() + 20'000);
    } else {
      absl::SleepFor(absl::Microseconds(20));
    }
  }
}

LoaderListLock::~LoaderListLock() {
  if (std::atomic_ref<int>(*word_).exchange(0) == 2) {
    syscall(SYS_futex, word_, FUTEX_WAKE_PRIVATE, 1);
  }
}

absl::Status DiscoverLibcThreads() {
  static const absl::Status* result = new absl::Status(Discover());
  return *result;
}

absl::Status SettleLateStaticTls(bool wanted) {
  absl::StatusOr<size_t> bytes = SettleStaticTls(libc_layout, wanted);
  if (!bytes.ok()) return bytes.status();
  (libc_layout.pthread == 0 ? libc_thread_size.below : libc_thread_size.above) =
      RoundUp(*bytes);
  return absl::OkStatus();
}

const LibcThreadSize& GetLibcThreadSize() { return libc_thread_size; }

absl::Status CreateLibcThread(char* thread_pointer, char* stack, size_t size) {
  if (libc_layout.allocate_tls(thread_pointer) == nullptr) {
    return absl::ResourceExhaustedError(
        "no memory for the TLS of a new green thread");
  }
  TrimTlsVector(thread_pointer);
  const char* self = arch::ThreadPointer();
  arch::InitTcbHead(thread_pointer, self, RandomStackGuard());
  if (libc_layout.pthread != 0) {
    // On x86 this flag is in the head. It makes libc take its locks, as in
    // every process that ever had a second thread.
    constexpr ptrdiff_t kMultipleThreads = 0;
    const ptrdiff_t offset = libc_layout.pthread + kMultipleThreads;
    Put(thread_pointer, offset, Get<int>(self, offset));
  }
  Put(thread_pointer, libc_layout.tid, next_block_libc_id.fetch_add(1));
  char* robust = thread_pointer + libc_layout.robust_head;
  Put(thread_pointer, libc_layout.robust_head, robust);
#if __PTHREAD_MUTEX_HAVE_PREV
  Put(thread_pointer, libc_layout.robust_head - kWord, robust);
#endif
  Put(thread_pointer, libc_layout.robust_head + kWord,
      libc_layout.robust_futex_offset);
  Put(thread_pointer, libc_layout.specific,
      thread_pointer + libc_layout.specific -
          kPthreadKeysFirstLevel * kPthreadKeyDataSize);
  // Marks rseq as not registered: sched_getcpu then asks the kernel.
  if (libc_layout.rseq != kNoOffset) {
    Put(thread_pointer, libc_layout.rseq + kRseqCpuId, int32_t{-1});
  }
  if (libc_layout.resolver != kNoOffset) {
    Put(thread_pointer, libc_layout.resp_tls,
        thread_pointer + libc_layout.resolver);
  }
  if (libc_layout.place_of_exit != kNoOffset) {
    Put(thread_pointer, libc_layout.place_of_exit, RefusedExit());
  }
  Put(thread_pointer, libc_layout.stack_block, stack);
  Put(thread_pointer, libc_layout.stack_block + kWord, size);
  Put(thread_pointer, libc_layout.stack_block + 2 * kWord, size_t{0});
  LinkIntoLoaderList(thread_pointer);
  return absl::OkStatus();
}

void* InLibcThread(char* thread_pointer, const void* frame) {
  return thread_pointer +
         (static_cast<const char*>(frame) - arch::ThreadPointer());
}

void BeginLibcThread() {
  libc_layout.ctype_init();
  errno = 0;
}

void RefreshLibcThread() {
  std::shared_ptr<const TlsTemplate> copied = CurrentTlsTemplate();
  bool better;
  do {
    signals::PreemptEnable();
    better = RenewTlsTemplate();
    signals::PreemptDisable();
  } while (better && TlsTemplateMayBeOld());
  CopyTlsChanges(arch::ThreadPointer(), *copied);
  signals::PreemptEnable();
  copied.reset();
  signals::PreemptDisable();
}

uintptr_t LibcThreadGeneration(char* thread_pointer) {
  return *static_cast<const uintptr_t*>(*arch::TcbDtv(thread_pointer));
}

void EndLibcThread(uintptr_t generation) {
  libc_layout.call_tls_dtors();
  if (Get<bool>(arch::ThreadPointer(), KeysUsed())) [[unlikely]] {
    RunKeyDestructors();
    // Destroys objects that a key's destructor made. libc leaks them, but here
    // the next thread would destroy them.
    libc_layout.call_tls_dtors();
    ForgetKeyValues();
  }
  uselocale(LC_GLOBAL_LOCALE);
  // In this order, or a pending cancellation would act.
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, nullptr);
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
  // Clears the note that the thread was cancelled, or called pthread_exit.
  if (libc_layout.cancelhandling != kNoOffset) {
    Put(arch::ThreadPointer(), libc_layout.cancelhandling, 0);
  }
  // A library that was opened while the program ran, before the thread started
  // or after, keeps its TLS elsewhere: find it and reset it.
  if (HasDynamicTls() ||
      LibcThreadGeneration(arch::ThreadPointer()) != generation) {
    ResetDynamicTls();
  }
}

}  // namespace jiffy::internal
