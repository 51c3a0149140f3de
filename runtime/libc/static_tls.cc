#include "runtime/libc/static_tls.h"

#include <link.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "arch/context.h"
#include "runtime/libc/layout.h"

namespace jiffy::internal {
namespace {

// Returns how much of the static block the loaded modules take, counted as
// ld.so does.
size_t StaticTlsTaken(const LibcLayout& layout) {
  struct Taken {
    const LibcLayout& layout;
    size_t bytes;
  } taken = {layout, 0};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* argument) {
        auto& taken = *static_cast<Taken*>(argument);
        const bool below = taken.layout.pthread == 0;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          if (info->dlpi_phdr[i].p_type != PT_TLS) continue;
          const char* tls = static_cast<const char*>(info->dlpi_tls_data);
          const char* self = arch::ThreadPointer();
          const ptrdiff_t bytes =
              below ? self - tls
                    : tls - self +
                          static_cast<ptrdiff_t>(info->dlpi_phdr[i].p_memsz);
          const auto capacity =
              static_cast<ptrdiff_t>(taken.layout.static_tls_capacity);
          if (tls != nullptr && bytes > 0 && bytes <= capacity) {
            taken.bytes = std::max(taken.bytes, static_cast<size_t>(bytes));
          }
        }
        return 0;
      },
      &taken);
  return taken.bytes;
}

// ld.so counts the static TLS in use behind its list of modules that have TLS
// (struct rtld_global):
//   slotinfo list; size_t modules in the static block; size_t used;
//   size_t left for optional use;
// Returns the count if the memory there looks like this.
size_t* FindStaticTlsUsed(const LibcLayout& layout) {
  if (layout.tls_list == nullptr) return nullptr;
  struct Tail {
    const void* list;
    size_t modules;
    size_t used;
    size_t optional;
  };
  auto* tail = reinterpret_cast<Tail*>(layout.tls_list);
  const bool looks_so = tail->list != nullptr && tail->modules > 0 &&
                        tail->modules < 1000 &&
                        tail->used >= StaticTlsTaken(layout) &&
                        tail->used <= layout.static_tls_capacity &&
                        tail->optional <= layout.static_tls_capacity;
  return looks_so ? &tail->used : nullptr;
}

// The settled size; 0 if not settled yet.
size_t settled_bytes = 0;

}  // namespace

absl::StatusOr<size_t> SettleStaticTls(const LibcLayout& layout, bool late) {
  const size_t all = layout.static_tls_capacity;
  if (settled_bytes == 0) {
    size_t* used = late ? nullptr : FindStaticTlsUsed(layout);
    settled_bytes = used == nullptr ? all : std::exchange(*used, all);
  }
  if (late && settled_bytes != all) {
    return absl::FailedPreconditionError(
        "late_static_tls = true: the first run of this process, with false, "
        "gave the room in thread blocks away; set it there");
  }
  return settled_bytes;
}

}  // namespace jiffy::internal
