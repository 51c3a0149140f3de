// The context switch for aarch64, AAPCS64.
//
//   void jiffy_switch(Context* from /* x0 */, Context* to /* x1 */)
//
// Stack of a suspended task, from context.sp upwards:
//
// +-------+-------+-------+-------+-------+-------+-----+-------+-----+-------+
// |   0   |   8   |  16   |  24   |  ...  |  88   | 96  |  104  | ... |  152  |
// |  x29  |  x30  |  x19  |  x20  |  ...  |  x28  | d8  |  d9   | ... |  d15  |
// +-------+-------+-------+-------+-------+-------+-----+-------+-----+-------+
//
// x30 is the address where the task resumes; if the compiler signs return
// addresses, it is signed with the stack pointer. Stack pointer, thread pointer
// and FPCR go into the Context. By the ABI, the caller saves everything else.
//
// The switch leaves by `ret` to keep the processor's return-stack predictor
// right. For the same reason it *calls* a new task, which returns here when it
// ends.
//
// Between the load of sp and that of the thread pointer, a signal sees one
// task's stack and the other's thread block. Both tasks have preemption off, so
// the handler only records the tick and returns.
//
// Debuggers and dumps unwind a suspended task as if it stood at
// jiffy_switch_suspended with its saved stack pointer: the CFI at that label
// describes the stack of a suspended task.

#include "arch/aarch64/offsets.h"

#define FRAME 160

// If the compiler signs return addresses, so does the switch. The signing
// instruction is also a landing pad for indirect calls.
#ifndef __ARM_FEATURE_PAC_DEFAULT
#define __ARM_FEATURE_PAC_DEFAULT 0
#endif

.macro ENTER
#if __ARM_FEATURE_PAC_DEFAULT & 1
        paciasp
        .cfi_negate_ra_state
#elif __ARM_FEATURE_PAC_DEFAULT & 2
        .cfi_b_key_frame
        pacibsp
        .cfi_negate_ra_state
#elif defined(__ARM_FEATURE_BTI_DEFAULT)
        bti     c
#endif
.endm

.macro LEAVE
#if __ARM_FEATURE_PAC_DEFAULT & 1
        autiasp
        .cfi_negate_ra_state
#elif __ARM_FEATURE_PAC_DEFAULT & 2
        autibsp
        .cfi_negate_ra_state
#endif
        ret
.endm

.macro SAVE_PAIR first, second, offset
        stp     \first, \second, [sp, \offset]
        .cfi_rel_offset \first, \offset
        .cfi_rel_offset \second, \offset + 8
.endm

.macro RESUME
        ldp     x19, x20, [sp, 16]
        ldp     x21, x22, [sp, 32]
        ldp     x23, x24, [sp, 48]
        ldp     x25, x26, [sp, 64]
        ldp     x27, x28, [sp, 80]
        ldp     d8, d9, [sp, 96]
        ldp     d10, d11, [sp, 112]
        ldp     d12, d13, [sp, 128]
        ldp     d14, d15, [sp, 144]
        ldp     x29, x30, [sp], FRAME
        .cfi_def_cfa_offset 0
        .irp    reg, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30
        .cfi_restore \reg
        .endr
        .irp    reg, d8, d9, d10, d11, d12, d13, d14, d15
        .cfi_restore \reg
        .endr
        LEAVE
.endm

// Leaves the live control word in x9.
.macro SAVE_FP_CONTROL
        mrs     x9, fpcr
        str     x9, [x0, JIFFY_CONTEXT_FPCR]
.endm

// Loads x1's control word if it differs from the live one.
.macro LOAD_FP_CONTROL
        ldr     x10, [x1, JIFFY_CONTEXT_FPCR]
        cmp     x9, x10
        b.eq    .Lsame_fp\@
        msr     fpcr, x10
.Lsame_fp\@:
.endm

// Loads x1's stack pointer, and its thread pointer if tasks have their own.
.macro LOAD_STACK own_tls
        ldr     x11, [x1, JIFFY_CONTEXT_SP]
        mov     sp, x11
  .if \own_tls
        msr     tpidr_el0, x12
  .endif
.endm

.macro LOAD_THREAD_POINTER own_tls
  .if \own_tls
        ldr     x12, [x1, JIFFY_CONTEXT_THREAD_POINTER]
  .endif
.endm

.macro DEFINE_SWITCH name, own_tls
        .globl  \name
        .hidden \name
        .hidden \name\()_suspended
        .globl  \name\()_suspended
        .type   \name, %function
        .p2align 6
\name:
        .cfi_startproc
        ENTER
        stp     x29, x30, [sp, -FRAME]!
        .cfi_def_cfa_offset FRAME
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        SAVE_PAIR x19, x20, 16
        SAVE_PAIR x21, x22, 32
        SAVE_PAIR x23, x24, 48
        SAVE_PAIR x25, x26, 64
        SAVE_PAIR x27, x28, 80
        SAVE_PAIR d8, d9, 96
        SAVE_PAIR d10, d11, 112
        SAVE_PAIR d12, d13, 128
        SAVE_PAIR d14, d15, 144
        SAVE_FP_CONTROL
        mov     x11, sp
        str     x11, [x0, JIFFY_CONTEXT_SP]
\name\()_suspended:
        LOAD_THREAD_POINTER \own_tls
        ldr     x10, [x1, JIFFY_CONTEXT_ENTRY]
        cbnz    x10, .Lstart\@
        LOAD_FP_CONTROL
        LOAD_STACK \own_tls
        .cfi_remember_state
        RESUME

        // A new task: its stack is empty, and backtraces end here. They end a
        // few instructions too early, while sp still belongs to a suspended or
        // dead task.
.Lstart\@:
        .cfi_restore_state
        .cfi_remember_state
        .cfi_def_cfa sp, 0
        .irp    reg, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30
        .cfi_undefined \reg
        .endr
        .irp    reg, d8, d9, d10, d11, d12, d13, d14, d15
        .cfi_undefined \reg
        .endr
        LOAD_FP_CONTROL
        ldr     x2, [x1, JIFFY_CONTEXT_ENTRY]
        str     xzr, [x1, JIFFY_CONTEXT_ENTRY]
        LOAD_STACK \own_tls
        mov     x19, x1                 // Its context, for after the call.
        mov     x0, x1
        mov     x29, xzr                // Ends a walk of frame pointers too.
        blr     x2
        mov     x1, x0
        mov     x0, x19
        SAVE_FP_CONTROL
        LOAD_THREAD_POINTER \own_tls
        ldr     x10, [x1, JIFFY_CONTEXT_ENTRY]
        cbnz    x10, .Lstart\@
        LOAD_FP_CONTROL
        LOAD_STACK \own_tls
        .cfi_restore_state
        RESUME
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text
        DEFINE_SWITCH jiffy_switch, 1
        DEFINE_SWITCH jiffy_switch_shared, 0

        .section .note.GNU-stack, "", %progbits

// Declares that indirect branches land on landing pads here (1) and that return
// addresses are signed (2), if the compiler declares so for its code.
#if defined(__ARM_FEATURE_BTI_DEFAULT)
        .section .note.gnu.property, "a", %note
        .p2align 3
        .word   4, 16, 5
        .asciz  "GNU"
        .word   0xc0000000, 4
#if __ARM_FEATURE_PAC_DEFAULT
        .word   3, 0
#else
        .word   1, 0
#endif
#endif
