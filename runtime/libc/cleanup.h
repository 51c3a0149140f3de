// libc's functions by which C code without exceptions catches the unwinding of
// pthread_exit and of a cancellation; pthread_cleanup_push uses them. libc's
// header declares them for such code only.
#ifndef JIFFY_RUNTIME_LIBC_CLEANUP_H_
#define JIFFY_RUNTIME_LIBC_CLEANUP_H_

#include <pthread.h>
#include <setjmp.h>

extern "C" {

// On i386 the attribute passes the argument in a register.
void __cleanup_fct_attribute
__pthread_register_cancel(__pthread_unwind_buf_t* buffer);
void __cleanup_fct_attribute
__pthread_unregister_cancel(__pthread_unwind_buf_t* buffer);

int __sigsetjmp(struct __jmp_buf_tag* buffer, int save_mask) noexcept;
}

#endif  // JIFFY_RUNTIME_LIBC_CLEANUP_H_
