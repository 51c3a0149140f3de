#include "runtime/libc/layout.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <pthread.h>
#include <resolv.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "arch/context.h"
#include "runtime/libc/refused_exit.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {
namespace {

absl::Status Missing(absl::string_view what) {
  return absl::UnimplementedError(
      absl::StrCat("this libc (", gnu_get_libc_version(), ") has no ", what));
}

absl::Status Wrong(absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(
      "this libc (", gnu_get_libc_version(), ") has an unexpected ", what));
}

void* Find(const char* symbol) { return dlsym(RTLD_DEFAULT, symbol); }

// Returns a field's offset from glibc's tables for debuggers: third word of a
// {bits, count, offset} descriptor. -1 if there is none.
ptrdiff_t DebuggerOffset(const char* symbol) {
  const auto* words = static_cast<const uint32_t*>(Find(symbol));
  return words == nullptr ? -1 : static_cast<int32_t>(words[2]);
}

// Returns the offset of struct rseq in struct pthread, or kNoOffset. A glibc
// without rseq on this machine reports 0, but still reads the field when a
// thread creates another. Then the field is the last one, and says "not
// registered".
ptrdiff_t FindRseq(const LibcLayout& layout) {
  constexpr ptrdiff_t kSize = 32;
  const ptrdiff_t last =
      layout.pthread + static_cast<ptrdiff_t>(layout.pthread_size) - kSize;
  if (__rseq_offset >= layout.pthread && __rseq_offset <= last) {
    return __rseq_offset;
  }
  int32_t cpu;
  memcpy(&cpu, arch::ThreadPointer() + last + kRseqCpuId, sizeof cpu);
  return cpu < 0 ? last : kNoOffset;
}

// The probe thread's findings about itself.
struct Probe {
  const LibcLayout* layout;
  char* stack;
  size_t stack_size;
  pthread_key_t key;

  ptrdiff_t robust_head = kNoOffset;
  long robust_futex_offset = 0;
  ptrdiff_t resolver = kNoOffset;
  ptrdiff_t stack_block = kNoOffset;
  ptrdiff_t place_of_exit = kNoOffset;
  bool tid_ok = false;
  bool key_ok = false;
  bool list_ok = false;
  LoaderList* stack_user = nullptr;
};

// The kernel's struct robust_list_head.
struct RobustHead {
  const void* list;
  long futex_offset;
  const void* pending;
};

// Returns the calling thread's list of robust mutexes, which is empty, or
// nullptr if it is not found in struct pthread. The kernel knows its address,
// but an emulator (qemu) does not.
const RobustHead* FindRobustHead(const char* self, const LibcLayout& layout) {
  const RobustHead* told = nullptr;
  size_t length = 0;
  const bool known = syscall(SYS_get_robust_list, 0, &told, &length) == 0;
  constexpr long kFutexOffset =
      static_cast<long>(offsetof(pthread_mutex_t, __data.__lock)) -
      static_cast<long>(offsetof(pthread_mutex_t, __data.__list.__next));
  // The head of an empty list points to itself.
  const char* begin = self + layout.pthread;
  const char* end = begin + layout.pthread_size - sizeof(RobustHead);
  for (const char* at = begin; at <= end; at += sizeof(void*)) {
    const auto* head = reinterpret_cast<const RobustHead*>(at);
    if (known ? head == told
              : head->list == head && head->futex_offset == kFutexOffset &&
                    head->pending == nullptr) {
      return head;
    }
  }
  return nullptr;
}

void ProbeKey(Probe& probe, const char* self) {
  const LibcLayout& layout = *probe.layout;
  const char* used =
      self + layout.specific + kPthreadKeysFirstLevel * sizeof(void*);
  // A sanitizer has keys of its own.
  const bool unused_before = *used == 0 || signals::kPreemptsInProgram;
  pthread_setspecific(probe.key, &probe);
  // The first-level pointer points to the inline block right before it.
  const char* const* first_level =
      reinterpret_cast<const char* const*>(self + layout.specific);
  const char* expected_block =
      self + layout.specific - kPthreadKeysFirstLevel * kPthreadKeyDataSize;
  // If the program already has many keys, the probe's key lies beyond the
  // block.
  const bool found =
      probe.key >= static_cast<pthread_key_t>(kPthreadKeysFirstLevel) ||
      *reinterpret_cast<void* const*>(expected_block +
                                      probe.key * kPthreadKeyDataSize +
                                      sizeof(uintptr_t)) == &probe;
  probe.key_ok =
      unused_before && *used == 1 && *first_level == expected_block && found;
  pthread_setspecific(probe.key, nullptr);
}

void* RunProbe(void* argument) {
  Probe& probe = *static_cast<Probe*>(argument);
  const LibcLayout& layout = *probe.layout;
  char* self = arch::ThreadPointer();
  const ptrdiff_t end =
      layout.pthread + static_cast<ptrdiff_t>(layout.pthread_size);
  const auto in_pthread = [&](ptrdiff_t offset) {
    return offset >= layout.pthread && offset < end;
  };

  int tid;
  memcpy(&tid, self + layout.tid, sizeof tid);
  probe.tid_ok = tid == static_cast<int>(syscall(SYS_gettid));

  const ptrdiff_t resolver = reinterpret_cast<char*>(__res_state()) - self;
  if (in_pthread(resolver)) probe.resolver = resolver;

  if (const RobustHead* head = FindRobustHead(self, layout); head != nullptr) {
    probe.robust_head = reinterpret_cast<const char*>(head) - self;
    probe.robust_futex_offset = head->futex_offset;
  }

  for (ptrdiff_t offset = layout.pthread;
       offset + static_cast<ptrdiff_t>(2 * sizeof(void*)) <= end;
       offset += sizeof(void*)) {
    char* block;
    size_t size;
    memcpy(&block, self + offset, sizeof block);
    memcpy(&size, self + offset + sizeof block, sizeof size);
    if (block == probe.stack && size == probe.stack_size) {
      probe.stack_block = offset;
      break;
    }
  }

  probe.place_of_exit =
      FindPlaceOfExit(self + layout.pthread,
                      static_cast<ptrdiff_t>(layout.pthread_size), kNoOffset);
  ProbeKey(probe, self);

  // A thread on a stack of the user is in the list of such threads.
  const auto* mine = reinterpret_cast<const LoaderList*>(self + layout.list);
  if (layout.stack_user != nullptr) {
    int steps = 0;
    for (const LoaderList* node = layout.stack_user->next;
         node != layout.stack_user && steps < 1'000'000; node = node->next) {
      if (node == mine) probe.list_ok = true;
      ++steps;
    }
  }
  return nullptr;
}

// ld.so keeps the lock of its thread lists behind them (struct rtld_global):
//   list used; list user; list cache; size_t cache_size; uintptr_t in_flight;
//   int lock;
// Returns the lock if the memory there looks like this.
int* FindStackLock(LoaderList* stack_user) {
  struct Tail {
    LoaderList user;
    LoaderList cache;
    size_t cache_size;
    uintptr_t in_flight;
    int lock;
  };
  auto* tail = reinterpret_cast<Tail*>(stack_user);
  const auto well_formed = [](const LoaderList& list) {
    return list.next != nullptr && list.prev != nullptr &&
           list.next->prev == &list && list.prev->next == &list;
  };
  // Glibc caches at most 40 MiB of stacks by default.
  constexpr size_t kPlausibleCache = size_t{1} << 30;
  if (!well_formed(tail->user) || !well_formed(tail->cache) ||
      tail->cache_size > kPlausibleCache || tail->in_flight != 0 ||
      tail->lock < 0 || tail->lock > 2) {
    return nullptr;
  }
  return &tail->lock;
}

absl::Status FindSymbols(LibcLayout& layout) {
  layout.allocate_tls =
      reinterpret_cast<void* (*)(void*)>(Find("_dl_allocate_tls"));
  layout.deallocate_tls =
      reinterpret_cast<void (*)(void*, bool)>(Find("_dl_deallocate_tls"));
  layout.call_tls_dtors =
      reinterpret_cast<void (*)()>(Find("__call_tls_dtors"));
  layout.ctype_init = reinterpret_cast<void (*)()>(Find("__ctype_init"));
  layout.keys = static_cast<const PthreadKey*>(Find("__pthread_keys"));
  const auto static_info = reinterpret_cast<void (*)(size_t*, size_t*)>(
      Find("_dl_get_tls_static_info"));
  const auto* size =
      static_cast<const uint32_t*>(Find("_thread_db_sizeof_pthread"));
  if (layout.allocate_tls == nullptr || layout.deallocate_tls == nullptr ||
      static_info == nullptr) {
    return Missing("_dl_allocate_tls (glibc 2.34 or later, not static)");
  }
  if (layout.call_tls_dtors == nullptr || layout.ctype_init == nullptr) {
    return Missing("__call_tls_dtors");
  }
  if (layout.keys == nullptr) return Missing("__pthread_keys");
  if (size == nullptr) return Missing("_thread_db_sizeof_pthread");
  layout.pthread_size = *size;
  static_info(&layout.static_tls_size, &layout.static_tls_alignment);

  // libc's handle of a thread is the address of its struct pthread.
  layout.pthread =
      reinterpret_cast<char*>(pthread_self()) - arch::ThreadPointer();
  for (const auto& [symbol, field] :
       {std::pair("_thread_db_pthread_tid", &layout.tid),
        std::pair("_thread_db_pthread_list", &layout.list),
        std::pair("_thread_db_pthread_specific", &layout.specific)}) {
    const ptrdiff_t offset = DebuggerOffset(symbol);
    if (offset <= 0 || offset >= static_cast<ptrdiff_t>(layout.pthread_size)) {
      return Missing(symbol);
    }
    *field = layout.pthread + offset;
  }
  const ptrdiff_t cancelhandling =
      DebuggerOffset("_thread_db_pthread_cancelhandling");
  if (cancelhandling > 0) {
    layout.cancelhandling = layout.pthread + cancelhandling;
  }
  layout.rseq = FindRseq(layout);
  const auto* resp = static_cast<const char*>(Find("__resp"));
  if (resp == nullptr) return Missing("__resp");
  layout.resp_tls = resp - arch::ThreadPointer();

  char* global = static_cast<char*>(Find("_rtld_global"));
  const ptrdiff_t user =
      DebuggerOffset("_thread_db_rtld_global__dl_stack_user");
  if (global != nullptr && user > 0) {
    layout.stack_user = reinterpret_cast<LoaderList*>(global + user);
  }
  layout.static_tls_capacity =
      layout.static_tls_size - (layout.pthread == 0 ? layout.pthread_size : 0);
  const ptrdiff_t tls_list =
      DebuggerOffset("_thread_db_rtld_global__dl_tls_dtv_slotinfo_list");
  if (global != nullptr && tls_list > 0) layout.tls_list = global + tls_list;
  return absl::OkStatus();
}

// Starts a probe thread on a stack of our own.
absl::Status StartProbe(Probe& probe) {
  // The stack also holds the thread's TLS, as much as the program has.
  constexpr size_t kStack = size_t{256} << 10;
  probe.stack_size = kStack + probe.layout->static_tls_size +
                     probe.layout->static_tls_alignment;
  void* stack = mmap(nullptr, probe.stack_size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) {
    return absl::ErrnoToStatus(errno, "mmap for the probe thread");
  }
  probe.stack = static_cast<char*>(stack);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, probe.stack, probe.stack_size);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, &RunProbe, &probe);
  if (error == 0) pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  munmap(stack, probe.stack_size);
  if (error != 0) return absl::ErrnoToStatus(error, "starting a probe thread");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LibcLayout> DiscoverLibcLayout() {
  if (const char* reason = arch::LacksUserThreadPointer(); reason != nullptr) {
    return absl::UnimplementedError(reason);
  }
  LibcLayout layout;
  if (absl::Status status = FindSymbols(layout); !status.ok()) return status;

  Probe probe = {};
  probe.layout = &layout;
  // A destructor that the table of keys must show.
  const auto destructor = +[](void*) {};
  if (pthread_key_create(&probe.key, destructor) != 0) {
    return absl::ResourceExhaustedError("no pthread key is left");
  }
  const absl::Status started = StartProbe(probe);
  const PthreadKey key = layout.keys[probe.key];
  pthread_key_delete(probe.key);
  if (!started.ok()) return started;

  if (!probe.tid_ok) return Wrong("offset of pthread::tid");
  if (!probe.key_ok || key.destructor != destructor ||
      (key.sequence & 1) == 0) {
    return Wrong("layout of pthread keys");
  }
  if (probe.robust_head == kNoOffset) return Wrong("robust list head");
  if (probe.stack_block == kNoOffset) return Wrong("pthread::stackblock");
  layout.robust_head = probe.robust_head;
  layout.robust_futex_offset = probe.robust_futex_offset;
  layout.resolver = probe.resolver;
  layout.stack_block = probe.stack_block;
  layout.place_of_exit = probe.place_of_exit;
  // Without the list, only a library opened later with initial-exec TLS
  // suffers.
  if (probe.list_ok) layout.stack_lock = FindStackLock(layout.stack_user);
  if (layout.stack_lock == nullptr) layout.stack_user = nullptr;
  return layout;
}

}  // namespace jiffy::internal
