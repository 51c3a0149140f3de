// The context switch for x86-64, System V ABI.
//
//   void jiffy_switch(Context* from /* rdi */, Context* to /* rsi */)
//
// Stack of a suspended task, from context.sp upwards:
//
//   +----+----+----+----+----+----+--------+
//   |  0 |  8 | 16 | 24 | 32 | 40 |   48   |
//   |r15 |r14 |r13 |r12 |rbx |rbp | return |
//   +----+----+----+----+----+----+--------+
//
// Stack pointer, thread pointer and the floating-point control words go into
// the Context. By the ABI, the caller saves everything else.
//
// The switch leaves by `ret` to keep the processor's return-stack predictor
// right. For the same reason it *calls* a new task, which returns here when it
// ends.
//
// Between the load of rsp and that of the thread pointer, a signal sees one
// task's stack and the other's thread block. Both tasks have preemption off, so
// the handler only records the tick and returns.
//
// Debuggers and dumps unwind a suspended task as if it stood at
// jiffy_switch_suspended with its saved stack pointer: the CFI at that label
// describes the stack of a suspended task.

#include "arch/x86_64/offsets.h"

// Saves the floating-point control words in rdi's context and loads rsi's if
// they differ. Runs after the thread pointer is set, which would otherwise wait
// for stmxcsr (twelve cycles). One compare for each store: a wider load would
// miss the store buffer.
.macro SWITCH_FP_CONTROL
        stmxcsr JIFFY_CONTEXT_MXCSR(%rdi)
        fnstcw  JIFFY_CONTEXT_X87_CONTROL(%rdi)
        movl    JIFFY_CONTEXT_MXCSR(%rsi), %eax
        movzwl  JIFFY_CONTEXT_X87_CONTROL(%rsi), %ecx
        cmpl    %eax, JIFFY_CONTEXT_MXCSR(%rdi)
        jne     .Lload_fp\@
        cmpw    %cx, JIFFY_CONTEXT_X87_CONTROL(%rdi)
        je      .Lsame_fp\@
.Lload_fp\@:
        ldmxcsr JIFFY_CONTEXT_MXCSR(%rsi)
        fldcw   JIFFY_CONTEXT_X87_CONTROL(%rsi)
.Lsame_fp\@:
.endm

// Loads rsi's stack pointer, and its thread pointer if tasks have their own.
.macro LOAD_STACK own_tls
        movq    JIFFY_CONTEXT_SP(%rsi), %rsp
  .if \own_tls
        // The words to pop arrive while the thread pointer is being set, which
        // waits for loads but not for prefetches.
        prefetcht0 (%rsp)
        prefetcht0 64(%rsp)
        prefetcht0 128(%rsp)
        wrfsbase %rdx
  .endif
.endm

.macro LOAD_THREAD_POINTER own_tls
  .if \own_tls
        movq    JIFFY_CONTEXT_THREAD_POINTER(%rsi), %rdx
  .endif
.endm

.macro PUSH reg
        pushq   %\reg
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset \reg, 0
.endm

.macro POP reg
        popq    %\reg
        .cfi_adjust_cfa_offset -8
        .cfi_restore \reg
.endm

.macro RESUME
        POP     r15
        POP     r14
        POP     r13
        POP     r12
        POP     rbx
        POP     rbp
        ret
.endm

.macro DEFINE_SWITCH name, own_tls
        .globl  \name
        .hidden \name
        .hidden \name\()_suspended
        .globl  \name\()_suspended
        .type   \name, @function
        .p2align 6
\name:
        .cfi_startproc
#ifdef __CET__
        endbr64
#endif
        PUSH    rbp
        PUSH    rbx
        PUSH    r12
        PUSH    r13
        PUSH    r14
        PUSH    r15
        movq    %rsp, JIFFY_CONTEXT_SP(%rdi)
\name\()_suspended:
        LOAD_THREAD_POINTER \own_tls
        cmpq    $0, JIFFY_CONTEXT_ENTRY(%rsi)
        jne     .Lstart\@
        LOAD_STACK \own_tls
        .cfi_remember_state
        SWITCH_FP_CONTROL
        RESUME

        // A new task: its stack is empty, and backtraces end here. They end a
        // few instructions too early, while rsp still belongs to a suspended or
        // dead task.
.Lstart\@:
        .cfi_restore_state
        .cfi_remember_state
        .cfi_def_cfa rsp, 0
        .cfi_undefined rip
        .cfi_undefined rbp
        .cfi_undefined rbx
        .cfi_undefined r12
        .cfi_undefined r13
        .cfi_undefined r14
        .cfi_undefined r15
        movq    JIFFY_CONTEXT_ENTRY(%rsi), %r8
        movq    $0, JIFFY_CONTEXT_ENTRY(%rsi)
        LOAD_STACK \own_tls
        SWITCH_FP_CONTROL
        movq    %rsi, %rbx              // Its context, for after the call.
        movq    %rsi, %rdi
        xorl    %ebp, %ebp              // Ends a walk of frame pointers too.
        call    *%r8
        movq    %rbx, %rdi
        movq    %rax, %rsi
        LOAD_THREAD_POINTER \own_tls
        cmpq    $0, JIFFY_CONTEXT_ENTRY(%rsi)
        jne     .Lstart\@
        LOAD_STACK \own_tls
        .cfi_restore_state
        // Restored already, but clang's assembler (14) keeps adjusting the old
        // offset.
        .cfi_def_cfa rsp, 56
        SWITCH_FP_CONTROL
        RESUME
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text
        DEFINE_SWITCH jiffy_switch, 1
        DEFINE_SWITCH jiffy_switch_shared, 0

        .section .note.GNU-stack, "", @progbits
