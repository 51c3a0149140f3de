#include "runtime/libc/tls_template.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "arch/context.h"
#include "runtime/core/machine.h"
#include "runtime/libc/layout.h"
#include "runtime/libc/thread_block.h"
#include "signals/sanitizer.h"

namespace jiffy::internal {
namespace {

// How many modules the process ever loaded and unloaded.
struct ModuleCounts {
  unsigned long long loads = 0;
  unsigned long long unloads = 0;
  bool operator==(const ModuleCounts&) const = default;
};

// A counter of ld.so as it lies there: as a member of a structure, which some
// machines (i386) align less than a variable.
struct LoadCount {
  unsigned long long value;
};

// Detects without a lock whether libraries were loaded since the template was
// made.
//
// ld.so counts its loads in a word of its _rtld_global, at an unknown place.
// dl_iterate_phdr reports the count, but takes a lock. So all words that held
// the count when it was reported are watched: the right one is among them.
class LoadWatch {
 public:
  // Finds _rtld_global. Call it once, while no library is being loaded: ld.so
  // holds its lock for loading while constructors run, and these may wait for
  // other threads.
  static void FindCounter() {
    const void* global = dlsym(RTLD_DEFAULT, "_rtld_global");
    Dl_info info;
    const ElfW(Sym)* symbol = nullptr;
    if (global == nullptr ||
        dladdr1(global, &info,
                reinterpret_cast<void**>(const_cast<ElfW(Sym)**>(&symbol)),
                RTLD_DL_SYMENT) == 0 ||
        symbol == nullptr) {
      return;
    }
    begin_ = static_cast<const char*>(global);
    size_ = symbol->st_size;
  }

  // Watches the words that hold `loads`, the present count.
  explicit LoadWatch(unsigned long long loads) : loads_(loads) {
    for (size_t at = 0; at + sizeof(LoadCount) <= size_;
         at += alignof(LoadCount)) {
      const auto* word =
          reinterpret_cast<const volatile LoadCount*>(begin_ + at);
      if (word->value == loads) words_.push_back(word);
    }
  }

  // Returns whether there is no word to watch; then only ld.so's lock helps.
  bool blind() const { return words_.empty(); }

  // Returns whether there may have been loads, if not blind. Also returns true
  // if a word that counts something else has changed; the next watch corrects
  // this.
  bool MayHaveLoaded() const {
    for (const auto* word : words_) {
      if (word->value != loads_) return true;
    }
    return false;
  }

 private:
  static inline const char* begin_ = nullptr;
  static inline size_t size_ = 0;

  unsigned long long loads_;
  std::vector<const volatile LoadCount*> words_;
};

}  // namespace

// The TLS of all modules in the static block, except libc's, ld.so's and
// jiffy's control block.
struct TlsTemplate {
  explicit TlsTemplate(unsigned long long loads) : watch(loads) {}

  std::vector<TlsPiece> pieces;
  ModuleCounts counts;
  LoadWatch watch;
};

namespace {

// Returns the current template. Read and replaced with preemption off.
std::shared_ptr<const TlsTemplate>& TemplateInForce() {
  static auto& in_force = *new std::shared_ptr<const TlsTemplate>;
  return in_force;
}
const TlsTemplate* tls_template = nullptr;
bool tls_template_is_blind = true;

bool has_dynamic_tls = false;

// Returns whether a module's TLS, at this offset from the thread pointer, is
// libc's or ThreadSanitizer's. Checks for variables that are known to lie
// there.
bool HoldsLibcState(ptrdiff_t offset, size_t size) {
  const ptrdiff_t end = offset + static_cast<ptrdiff_t>(size);
  const ptrdiff_t error_number =
      reinterpret_cast<const char*>(&errno) - arch::ThreadPointer();
#if defined(JIFFY_TSAN)
  if (signals::fiber_word >= offset && signals::fiber_word < end) return true;
#endif
  return (error_number >= offset && error_number < end) ||
         (libc_layout.resp_tls >= offset && libc_layout.resp_tls < end);
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

// Returns whether `tls` lies in the calling thread's static block.
bool InStaticBlock(const char* tls) {
  const char* self = arch::ThreadPointer();
  return tls != nullptr && tls >= self - libc_thread_size.below &&
         tls < self + libc_thread_size.above;
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
  if (header == nullptr || info->dlpi_tls_modid == 0) return 0;
  const char* tls = InFreshBlock(block, info->dlpi_tls_modid);
  if (tls == nullptr) {
    has_dynamic_tls = true;
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
        return 1;  // Each module reports the same.
      },
      &counts);
  return counts;
}

// Makes the template of the modules that are loaded now. Returns false, and
// keeps the old one, if there is no memory.
//
// All these modules have their places: ld.so holds a lock from before it counts
// a library until the library has its place, and allocating a block waits for
// that lock (dl_load_tls_lock, since glibc 2.34).
bool MakeTlsTemplate() try {
  const auto deallocate = [](char* block) {
    libc_layout.deallocate_tls(block, true);
  };
  for (;;) {
    const ModuleCounts before = CountModules();
    std::unique_ptr<char, decltype(deallocate)> block(
        static_cast<char*>(libc_layout.allocate_tls(nullptr)), deallocate);
    if (block == nullptr) return false;
    auto fresh = std::make_unique<TlsTemplate>(before.loads);
    NewTemplate made = {fresh.get(), block.get()};
    dl_iterate_phdr(&AddModule, &made);
    block.reset();
    // If the counts differ, modules came or went meanwhile.
    if (fresh->counts == before && CountModules() == before) {
      std::shared_ptr<const TlsTemplate> made_and_old = std::move(fresh);
      MachineGuard guard;
      TemplateInForce().swap(made_and_old);
      tls_template = TemplateInForce().get();
      tls_pieces = &tls_template->pieces;
      tls_template_is_blind = tls_template->watch.blind();
      return true;
    }
  }
} catch (const std::bad_alloc&) {
  return false;
}

// Re-initialises, in the calling thread, the TLS that ld.so allocated for a
// module outside the static block. `argument` is the room in the thread's
// vector: for a module that is just being loaded, ld.so may have read beyond
// the room and found garbage.
int ResetModule(dl_phdr_info* info, size_t, void* argument) {
  if (info->dlpi_tls_modid > *static_cast<const size_t*>(argument)) return 0;
  const ElfW(Phdr)* header = TlsHeader(info);
  char* tls = static_cast<char*>(info->dlpi_tls_data);
  if (header == nullptr || tls == nullptr || InStaticBlock(tls)) return 0;
  const char* image =
      reinterpret_cast<const char*>(info->dlpi_addr + header->p_vaddr);
  memcpy(tls, image, header->p_filesz);
  memset(tls + header->p_filesz, 0, header->p_memsz - header->p_filesz);
  return 0;
}

}  // namespace

bool InitTlsTemplate() {
  LoadWatch::FindCounter();
  return MakeTlsTemplate();
}

bool RenewTlsTemplate() {
  if (tls_template_is_blind) [[unlikely]] {
    const ModuleCounts now = CountModules();
    MachineGuard guard;
    if (tls_template->counts == now) return false;
  }
  return MakeTlsTemplate();
}

bool TlsTemplateMayBeOld() {
  return tls_template_is_blind || tls_template->watch.MayHaveLoaded();
}

std::shared_ptr<const TlsTemplate> CurrentTlsTemplate() {
  return TemplateInForce();
}

void CopyTlsChanges(char* thread_pointer, const TlsTemplate& copied) {
  for (const TlsPiece& piece : tls_template->pieces) {
    if (std::find(copied.pieces.begin(), copied.pieces.end(), piece) ==
        copied.pieces.end()) {
      memcpy(thread_pointer + piece.offset, piece.image.data(), piece.size);
    }
  }
}

bool HasDynamicTls() { return has_dynamic_tls; }

// dl_iterate_phdr ignores the last entry of a vector that is not up to date
// (glibc 2.36, _dl_tls_get_addr_soft: `>=`). If that entry is in use, the
// vector states one entry more meanwhile.
void ResetDynamicTls() {
  void** place = arch::TcbDtv(arch::ThreadPointer());
  auto* vector = static_cast<DtvEntry*>(*place);
  size_t room = reinterpret_cast<uintptr_t>(vector[-1].tls);
  const bool hidden = vector[room].tls != nullptr;
  if (hidden) vector[-1].tls = reinterpret_cast<char*>(room + 1);
  dl_iterate_phdr(&ResetModule, &room);
  if (hidden) vector[-1].tls = reinterpret_cast<char*>(room);
}

}  // namespace jiffy::internal
