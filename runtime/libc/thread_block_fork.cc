// A fork by a green thread, as libc sees it.
//
// glibc's fork treats the calling thread block as the OS thread's: the kernel
// writes the child's id into it, and reclaim_stacks() makes it the only one in
// ld.so's lists of threads. All other stacks that libc allocated, including
// that of the worker's own OS thread, go into its cache for new threads, and
// their values of pthread keys are cleared. This file undoes that in the child.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "arch/context.h"
#include "runtime/core/completion.h"
#include "runtime/core/task.h"
#include "runtime/libc/layout.h"
#include "runtime/libc/thread_block.h"

namespace jiffy::internal {
namespace {

constexpr ptrdiff_t kWord = sizeof(void*);

// Returns the calling thread's saved id, since the kernel overwrites the id.
// Not a thread_local: each thread that starts pays for those.
int& IdBeforeFork() {
  static int of_idle_context;
  Completion* const completion = CurrentTask()->completion;
  return completion == nullptr ? of_idle_context
                               : completion->libc_id_before_fork;
}

// Number of the worker's threads between BeforeFork and AfterFork. Context of
// this and the rest: the worker, preemption off.
int forks_under_way = 0;
// The OS thread's KeysUsed flag while forks are under way: libc must not see
// it.
bool os_thread_has_keys = false;
// Whether libc allocated the OS thread's stack.
bool os_thread_is_libcs = false;

// The list of threads on stacks of the user, before the fork: its first two and
// last two nodes.
struct {
  LoaderList* first;
  LoaderList* second;
  LoaderList* last;
  LoaderList* last_but_one;
} user_list;

LoaderList* NodeOf(char* block) {
  return reinterpret_cast<LoaderList*>(block + libc_layout.list);
}

// Returns ld.so's list of threads on stacks that ld.so allocated. It lies
// before the list of the other threads (struct rtld_global).
LoaderList* UsedList() { return libc_layout.stack_user - 1; }

bool Contains(const LoaderList* list, const LoaderList* wanted) {
  const LoaderList* node = list->next;
  while (node != list && node != wanted) node = node->next;
  return node == wanted;
}

void Link(LoaderList* list, LoaderList* node) {
  node->next = list->next;
  node->prev = list;
  list->next->prev = node;
  list->next = node;
}

void Unlink(LoaderList* node) {
  if (node->next->prev != node || node->prev->next != node) return;
  node->next->prev = node->prev;
  node->prev->next = node->next;
}

// Restores the old list without the calling thread, which libc has removed.
// Nodes in the middle are unchanged. If another OS thread changed the ends
// before the process was copied, the list stays empty: libraries opened later
// with initial-exec TLS are then not initialised in the threads.
void RestoreUserList(const LoaderList* self) {
  LoaderList* const list = libc_layout.stack_user;
  LoaderList* const first =
      user_list.first == self ? user_list.second : user_list.first;
  LoaderList* const last =
      user_list.last == self ? user_list.last_but_one : user_list.last;
  if (list->next != list || first == list || last == list ||
      first->prev != list || last->next != list) {
    return;
  }
  list->next = first;
  list->prev = last;
}

void RestoreLists(char* os_block) {
  LoaderList* const self = NodeOf(arch::ThreadPointer());
  LoaderList* const os_thread = NodeOf(os_block);
  Unlink(self);
  if (os_thread_is_libcs) {
    Unlink(os_thread);
    Link(UsedList(), os_thread);
  }
  RestoreUserList(self);
  Link(libc_layout.stack_user, self);
}

void GiveKeysBack(char* os_block) {
  Put(os_block, KeysUsed(), os_thread_has_keys);
}

}  // namespace

void BeforeFork(char* os_block) {
  IdBeforeFork() = LibcThreadId(arch::ThreadPointer());
  if (forks_under_way++ == 0) {
    os_thread_has_keys = Get<bool>(os_block, KeysUsed());
    Put(os_block, KeysUsed(), false);
  }
  LoaderList* const list = libc_layout.stack_user;
  if (list == nullptr) return;
  const LoaderListLock lock(libc_layout.stack_lock);
  user_list = {.first = list->next,
               .second = list->next->next,
               .last = list->prev,
               .last_but_one = list->prev->prev};
  os_thread_is_libcs = Contains(UsedList(), NodeOf(os_block));
}

void AfterForkInParent(char* os_block) {
  if (--forks_under_way == 0) GiveKeysBack(os_block);
}

void ForgetForksAfterFork() { forks_under_way = 0; }

void AfterForkInChild(char* os_block) {
  forks_under_way = 0;
  GiveKeysBack(os_block);
  Put(arch::ThreadPointer(), libc_layout.tid, IdBeforeFork());
  Put(os_block, libc_layout.tid, static_cast<int>(syscall(SYS_gettid)));
  // The kernel reads these when the OS thread ends.
  syscall(SYS_set_tid_address, os_block + libc_layout.tid);
  syscall(SYS_set_robust_list, os_block + libc_layout.robust_head, 3 * kWord);
  if (libc_layout.stack_user != nullptr) RestoreLists(os_block);
}

}  // namespace jiffy::internal
