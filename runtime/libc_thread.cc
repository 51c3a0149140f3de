#include "runtime/libc_thread.h"

#include <link.h>
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
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "arch/context.h"
#include "runtime/libc_thread_layout.h"
#include "runtime/thread.h"
#include "signals/preempt.h"

namespace jiffy::internal {
namespace {

// One piece of a module's TLS as it is at a thread's start.
struct TlsPiece {
  ptrdiff_t offset;  // from the thread pointer
  size_t size;
  std::vector<char> image;
};

// How many modules the process ever loaded and unloaded.
struct ModuleCounts {
  unsigned long long loads = 0;
  unsigned long long unloads = 0;
  bool operator==(const ModuleCounts&) const = default;
};

// The TLS of all modules that have a place in the static block, but libc's,
// ld.so's and jiffy's control block.
struct TlsTemplate {
  std::vector<TlsPiece> pieces;
  ModuleCounts counts;
};

LibcLayout layout;
LibcThreadSize sizes;

// The template in force, guarded by a spin lock taken with preemption off: the
// threads of several workers copy from it, and whoever makes a new one frees
// it.
const TlsTemplate* tls_template = nullptr;
std::atomic_flag tls_template_lock = ATOMIC_FLAG_INIT;

class TemplateLock {
 public:
  TemplateLock() {
    signals::PreemptDisable();
    while (tls_template_lock.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~TemplateLock() {
    tls_template_lock.clear(std::memory_order_release);
    signals::PreemptEnable();
  }
  TemplateLock(const TemplateLock&) = delete;
  TemplateLock& operator=(const TemplateLock&) = delete;
};

// Whether there ever were modules without a place in the static block: ld.so
// gives each thread their TLS when it first asks for it.
std::atomic<bool> has_dynamic_tls{false};

constexpr ptrdiff_t kWord = sizeof(void*);

std::atomic<int> next_fake_tid{0x20000000};

template <typename T>
void Put(char* thread_pointer, ptrdiff_t offset, T value) {
  memcpy(thread_pointer + offset, &value, sizeof value);
}
template <typename T>
T Get(const char* thread_pointer, ptrdiff_t offset) {
  T value;
  memcpy(&value, thread_pointer + offset, sizeof value);
  return value;
}

// Whether a module's TLS, at this distance from the thread pointer, is libc's
// own, by what is known to lie in it.
bool HoldsLibcState(ptrdiff_t offset, size_t size) {
  const ptrdiff_t end = offset + static_cast<ptrdiff_t>(size);
  const ptrdiff_t error_number =
      reinterpret_cast<const char*>(&errno) - arch::ThreadPointer();
  return (error_number >= offset && error_number < end) ||
         (layout.resp_tls >= offset && layout.resp_tls < end);
}

void AddPiece(TlsTemplate& result, ptrdiff_t offset, const char* image,
              size_t file_size, size_t begin, size_t end) {
  if (begin >= end) return;
  TlsPiece piece;
  piece.offset = offset + static_cast<ptrdiff_t>(begin);
  piece.size = end - begin;
  piece.image.assign(piece.size, 0);
  if (begin < file_size) {
    memcpy(piece.image.data(), image + begin, std::min(file_size, end) - begin);
  }
  result.pieces.push_back(std::move(piece));
}

const ElfW(Phdr) * TlsHeader(const dl_phdr_info* info) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type == PT_TLS) return &info->dlpi_phdr[i];
  }
  return nullptr;
}

// Whether `tls`, seen in the calling thread, lies in its static block.
bool InStaticBlock(const char* tls) {
  const char* self = arch::ThreadPointer();
  return tls != nullptr && tls >= self - sizes.below &&
         tls < self + sizes.above;
}

// Returns where a fresh thread block has a module's TLS; nullptr if that is not
// in the block.
char* InFreshBlock(char* block, size_t module) {
  const auto* vector = static_cast<const DtvEntry*>(*arch::TcbDtv(block));
  if (module > reinterpret_cast<uintptr_t>(vector[-1].tls)) return nullptr;
  char* tls = vector[module].tls;
  return tls == kTlsUnallocated ? nullptr : tls;
}

struct NewTemplate {
  TlsTemplate* result;
  // A fresh thread block. The calling thread's own vector may be out of date.
  char* block;
};

int AddModule(dl_phdr_info* info, size_t, void* argument) {
  auto& [result, block] = *static_cast<NewTemplate*>(argument);
  result->counts = {info->dlpi_adds, info->dlpi_subs};
  const ElfW(Phdr)* header = TlsHeader(info);
  if (header == nullptr) return 0;
  const char* tls = InFreshBlock(block, info->dlpi_tls_modid);
  if (tls == nullptr) {
    has_dynamic_tls.store(true, std::memory_order_relaxed);
    return 0;
  }
  const ptrdiff_t offset = tls - block;
  const size_t size = header->p_memsz;
  if (HoldsLibcState(offset, size)) return 0;
  const char* image =
      reinterpret_cast<const char*>(info->dlpi_addr + header->p_vaddr);
  const ptrdiff_t frame = reinterpret_cast<const char*>(&signals::task_frame) -
                          arch::ThreadPointer();
  if (frame >= offset && frame < offset + static_cast<ptrdiff_t>(size)) {
    const size_t begin = static_cast<size_t>(frame - offset);
    AddPiece(*result, offset, image, header->p_filesz, 0, begin);
    AddPiece(*result, offset, image, header->p_filesz,
             begin + sizeof(signals::TaskFrame), size);
  } else {
    AddPiece(*result, offset, image, header->p_filesz, 0, size);
  }
  return 0;
}

ModuleCounts CountModules() {
  ModuleCounts counts;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* argument) {
        *static_cast<ModuleCounts*>(argument) = {info->dlpi_adds,
                                                 info->dlpi_subs};
        return 1;  // Each module tells the same.
      },
      &counts);
  return counts;
}

// Makes the template of the modules that there are now. Returns false, and
// keeps the old one, if there is no memory.
bool MakeTlsTemplate() {
  for (;;) {
    const ModuleCounts before = CountModules();
    char* block = static_cast<char*>(layout.allocate_tls(nullptr));
    if (block == nullptr) return false;
    auto fresh = std::make_unique<TlsTemplate>();
    NewTemplate made = {fresh.get(), block};
    dl_iterate_phdr(&AddModule, &made);
    layout.deallocate_tls(block, true);
    // Otherwise some came or went between the two looks.
    if (fresh->counts == before) {
      const TlsTemplate* old = fresh.release();
      {
        TemplateLock lock;
        std::swap(tls_template, old);
      }
      delete old;
      return true;
    }
  }
}

// Re-initialises, in the calling thread, the TLS that ld.so allocated for
// modules outside of the static block.
int ResetDynamicTls(dl_phdr_info* info, size_t, void*) {
  const ElfW(Phdr)* header = TlsHeader(info);
  char* tls = static_cast<char*>(info->dlpi_tls_data);
  if (header == nullptr || tls == nullptr || InStaticBlock(tls)) return 0;
  const char* image =
      reinterpret_cast<const char*>(info->dlpi_addr + header->p_vaddr);
  memcpy(tls, image, header->p_filesz);
  memset(tls + header->p_filesz, 0, header->p_memsz - header->p_filesz);
  return 0;
}

// Holds ld.so's lock (glibc's lll_lock): 0 free, 1 held, 2 held and waited for.
class LoaderListLock {
 public:
  explicit LoaderListLock(int* word) : word_(word) {
    std::atomic_ref<int> state(*word_);
    int expected = 0;
    if (state.compare_exchange_strong(expected, 1)) return;
    // Not by the kernel's futex: the holder may be a green thread of the
    // caller's own worker, and where futexes are interposed, libc's wake-up
    // would not reach the caller.
    while (state.exchange(2) != 0) {
      this_thread::SleepFor(absl::Microseconds(20));
    }
  }
  ~LoaderListLock() {
    if (std::atomic_ref<int>(*word_).exchange(0) == 2) {
      syscall(SYS_futex, word_, FUTEX_WAKE_PRIVATE, 1);
    }
  }
  LoaderListLock(const LoaderListLock&) = delete;
  LoaderListLock& operator=(const LoaderListLock&) = delete;

 private:
  int* word_;
};

// Puts the block into ld.so's list of threads on stacks of the user's: a
// library opened later with initial-exec TLS is then initialised in it too, and
// fork finds its way.
void LinkIntoLoaderList(char* thread_pointer) {
  auto* node = reinterpret_cast<LoaderList*>(thread_pointer + layout.list);
  node->next = node;
  node->prev = node;
  if (layout.stack_user == nullptr) return;
  LoaderListLock lock(layout.stack_lock);
  LoaderList* head = layout.stack_user;
  node->next = head->next;
  node->prev = head;
  head->next->prev = node;
  head->next = node;
}

// Where libc notes that the thread has set a value of a pthread key.
ptrdiff_t KeysUsed() {
  return layout.specific +
         static_cast<ptrdiff_t>(kPthreadKeysFirstLevel * sizeof(void*));
}

// Runs the destructors of the calling thread's pthread keys, as libc does when
// a thread ends.
void RunKeyDestructors() {
  constexpr int kRounds = 4;  // PTHREAD_DESTRUCTOR_ITERATIONS
  char* self = arch::ThreadPointer();
  const ptrdiff_t used = KeysUsed();
  for (int round = 0; round < kRounds && Get<bool>(self, used); ++round) {
    Put(self, used, false);
    for (int i = 0; i < kPthreadKeys; ++i) {
      const PthreadKey key = layout.keys[i];
      if ((key.sequence & 1) == 0) continue;
      void* value = pthread_getspecific(static_cast<pthread_key_t>(i));
      if (value == nullptr) continue;
      pthread_setspecific(static_cast<pthread_key_t>(i), nullptr);
      if (key.destructor != nullptr) key.destructor(value);
    }
  }
}

// Forgets the values that the last round's destructors set: they are lost, as
// libc has it, and the next thread here must not find them.
void ForgetKeyValues() {
  char* self = arch::ThreadPointer();
  const ptrdiff_t used = KeysUsed();
  if (!Get<bool>(self, used)) return;
  for (int i = 0; i < kPthreadKeys; ++i) {
    const auto key = static_cast<pthread_key_t>(i);
    if (pthread_getspecific(key) != nullptr) pthread_setspecific(key, nullptr);
  }
  Put(self, used, false);
}

uintptr_t RandomStackGuard() {
  uintptr_t guard = 0;
  if (getrandom(&guard, sizeof guard, 0) != sizeof guard) {
    guard = arch::TcbStackGuard(arch::ThreadPointer()) ^
            (reinterpret_cast<uintptr_t>(&guard) * 0x9e3779b97f4a7c15u);
  }
  // As glibc's: a zero byte stops string functions.
  return guard & ~uintptr_t{0xff};
}

absl::Status Discover() {
  absl::StatusOr<LibcLayout> found = DiscoverLibcLayout();
  if (!found.ok()) return found.status();
  layout = *found;
  sizes.alignment = std::max<size_t>(64, layout.static_tls_alignment);
  const auto round_up = [](size_t size) { return (size + 63) & ~size_t{63}; };
  if (layout.pthread == 0) {
    sizes.above = round_up(layout.pthread_size);
    sizes.below = round_up(layout.static_tls_size - layout.pthread_size);
  } else {
    sizes.above = round_up(layout.static_tls_size);
    sizes.below = round_up(static_cast<size_t>(-layout.pthread));
  }
  if (!MakeTlsTemplate()) {
    return absl::ResourceExhaustedError("no memory for a thread block");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DiscoverLibcThreads() {
  static const absl::Status* result = new absl::Status(Discover());
  return *result;
}

const LibcThreadSize& GetLibcThreadSize() { return sizes; }

absl::Status CreateLibcThread(char* thread_pointer, char* stack, size_t size) {
  if (layout.allocate_tls(thread_pointer) == nullptr) {
    return absl::ResourceExhaustedError(
        "no memory for the TLS of a new green thread");
  }
  const char* self = arch::ThreadPointer();
  arch::InitTcbHead(thread_pointer, self, RandomStackGuard());
  if (layout.pthread != 0) {
    // Else in the head. It makes libc take its locks, as in every process that
    // ever had a second thread.
    constexpr ptrdiff_t kMultipleThreads = 0;
    const ptrdiff_t offset = layout.pthread + kMultipleThreads;
    Put(thread_pointer, offset, Get<int>(self, offset));
  }
  Put(thread_pointer, layout.tid, next_fake_tid.fetch_add(1));
  char* robust = thread_pointer + layout.robust_head;
  Put(thread_pointer, layout.robust_head, robust);
#if __PTHREAD_MUTEX_HAVE_PREV
  Put(thread_pointer, layout.robust_head - kWord, robust);
#endif
  Put(thread_pointer, layout.robust_head + kWord, layout.robust_futex_offset);
  Put(thread_pointer, layout.specific,
      thread_pointer + layout.specific -
          kPthreadKeysFirstLevel * kPthreadKeyDataSize);
  // Not registered with the kernel: sched_getcpu asks it instead.
  if (layout.rseq != kNoOffset) {
    Put(thread_pointer, layout.rseq + kRseqCpuId, int32_t{-1});
  }
  if (layout.resolver != kNoOffset) {
    Put(thread_pointer, layout.resp_tls, thread_pointer + layout.resolver);
  }
  Put(thread_pointer, layout.stack_block, stack);
  Put(thread_pointer, layout.stack_block + kWord, size);
  Put(thread_pointer, layout.stack_block + 2 * kWord, size_t{0});
  LinkIntoLoaderList(thread_pointer);
  return absl::OkStatus();
}

void* InLibcThread(char* thread_pointer, const void* frame) {
  return thread_pointer +
         (static_cast<const char*>(frame) - arch::ThreadPointer());
}

void ResetLibcThread(char* thread_pointer) {
  // Without memory for a new template, the old one is nearly right.
  for (bool can_make = true;; can_make = MakeTlsTemplate()) {
    const ModuleCounts now = CountModules();
    TemplateLock lock;
    if (can_make && tls_template->counts != now) continue;
    for (const TlsPiece& piece : tls_template->pieces) {
      memcpy(thread_pointer + piece.offset, piece.image.data(), piece.size);
    }
    return;
  }
}

void BeginLibcThread() {
  layout.ctype_init();
  errno = 0;
}

int LibcThreadId(const char* thread_pointer) {
  return layout.tid < 0 ? 0 : Get<int>(thread_pointer, layout.tid);
}

uintptr_t LibcThreadGeneration(char* thread_pointer) {
  return *static_cast<const uintptr_t*>(*arch::TcbDtv(thread_pointer));
}

void EndLibcThread(uintptr_t generation) {
  layout.call_tls_dtors();
  RunKeyDestructors();
  // Objects that a key's destructor made: libc leaks them, but here the next
  // thread would destroy them.
  layout.call_tls_dtors();
  ForgetKeyValues();
  uselocale(LC_GLOBAL_LOCALE);
  // In this order, or a pending cancellation would act.
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, nullptr);
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
  // That it was cancelled, or called pthread_exit.
  if (layout.cancelhandling != kNoOffset) {
    Put(arch::ThreadPointer(), layout.cancelhandling, 0);
  }
  // A library that was opened while the program ran keeps its TLS elsewhere:
  // find it and reset it. It was opened before the thread started, or after.
  if (has_dynamic_tls.load(std::memory_order_relaxed) ||
      LibcThreadGeneration(arch::ThreadPointer()) != generation) {
    dl_iterate_phdr(&ResetDynamicTls, nullptr);
  }
}

}  // namespace jiffy::internal
