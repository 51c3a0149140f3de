// The TLS template: the initial image of every module's thread_local objects.
//
// ld.so initialises a thread block once, when it is made. Each later thread in
// the block starts from a copy of this template, which is renewed whenever a
// library was loaded.
//
// Each function states its context. Only one run exists at a time and only its
// worker copies, so nobody makes a new template while preemption is off.
#ifndef JIFFY_RUNTIME_LIBC_TLS_TEMPLATE_H_
#define JIFFY_RUNTIME_LIBC_TLS_TEMPLATE_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

namespace jiffy::internal {

// Makes the first template. Returns false if there is no memory. Context: OS
// thread, nothing running.
bool InitTlsTemplate();

// One piece of a module's TLS as it is at a thread's start.
struct TlsPiece {
  ptrdiff_t offset;  // from the thread pointer
  size_t size;
  std::vector<char> image;
  bool operator==(const TlsPiece&) const = default;
};

// The pieces of the current template. Context: preemption off.
extern constinit const std::vector<TlsPiece>* tls_pieces;

// Resets the static TLS of a block without a thread to the template's contents,
// except libc's own TLS and jiffy's control block. Context: the run's worker,
// preemption off; also the handler.
inline void CopyTlsTemplate(char* thread_pointer) {
  for (const TlsPiece& piece : *tls_pieces) {
    memcpy(thread_pointer + piece.offset, piece.image.data(), piece.size);
  }
}

// Returns whether the template may lack a loaded library. Context: the run's
// worker, preemption off.
bool TlsTemplateMayBeOld();

// Makes a new template. Returns false if retrying is pointless: the present
// template is right, or there is no memory for a new one. Takes locks of ld.so,
// but none that is held while a library's constructors run. Context: the run's
// worker, preemption on.
bool RenewTlsTemplate();

// Returns the current template, for CopyTlsChanges. Release it with preemption
// on.
struct TlsTemplate;
std::shared_ptr<const TlsTemplate> CurrentTlsTemplate();

// Initialises the static TLS of modules that are not in `copied` or differ
// there. Context: the run's worker, preemption off.
void CopyTlsChanges(char* thread_pointer, const TlsTemplate& copied);

// Returns whether there ever were modules outside the static block. ld.so gives
// a thread such a module's TLS at the thread's first use of it.
bool HasDynamicTls();

// Re-initialises the TLS of such modules in the calling thread.
void ResetDynamicTls();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_TLS_TEMPLATE_H_
