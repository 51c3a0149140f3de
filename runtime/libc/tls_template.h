// What the TLS of a thread holds when it begins: the initial image of every
// module's thread_local objects.
//
// A thread block is initialised by ld.so once, when it is made. Each further
// thread that lives in it starts from a copy of the template here, which is
// made anew whenever a library was loaded.
//
// Context of all functions: as said there. Only one run exists at a time and
// only its worker copies, so with preemption off nobody makes a new template
// meanwhile.
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

// Of the template in force. Context: preemption off.
extern constinit const std::vector<TlsPiece>* tls_pieces;

// Gives the static TLS of a block that no thread lives in its initial contents,
// but for libc's own and jiffy's control block: those of when the template was
// made. Context: the run's worker, preemption off; also the handler.
inline void CopyTlsTemplate(char* thread_pointer) {
  for (const TlsPiece& piece : *tls_pieces) {
    memcpy(thread_pointer + piece.offset, piece.image.data(), piece.size);
  }
}

// Whether it may lack a library that is loaded. Context: the run's worker,
// preemption off.
bool TlsTemplateMayBeOld();

// Makes a new one. Returns false if TlsTemplateMayBeOld will know no better
// then: if the present one proves to be right, or there is no memory for a new
// one. Takes locks of ld.so's, none that is held while a library's constructors
// run. Context: the run's worker, preemption on.
bool RenewTlsTemplate();

// The template in force, for CopyTlsChanges. To be let go with preemption on.
struct TlsTemplate;
std::shared_ptr<const TlsTemplate> CurrentTlsTemplate();

// Gives the static TLS of those modules its initial contents that are not in
// `copied`, or otherwise. Context: the run's worker, preemption off.
void CopyTlsChanges(char* thread_pointer, const TlsTemplate& copied);

// Whether there ever were modules without a place in the static block: ld.so
// gives each thread their TLS when it first asks for it.
bool HasDynamicTls();

// Re-initialises, in the calling thread, the TLS of those.
void ResetDynamicTls();

}  // namespace jiffy::internal

#endif  // JIFFY_RUNTIME_LIBC_TLS_TEMPLATE_H_
