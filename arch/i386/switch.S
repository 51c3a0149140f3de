// The context switch for i386, System V ABI.
//
//   void jiffy_switch(Context* from /* 4(%esp) */, Context* to /* 8(%esp) */)
//
// Stack of a suspended task, from context.sp upwards:
//
//   +----+----+----+----+--------+
//   |  0 |  4 |  8 | 12 |   16   |
//   |edi |esi |ebx |ebp | return |
//   +----+----+----+----+--------+
//
// Stack pointer, thread pointer and the floating-point control words go into
// the Context. By the ABI, the caller saves everything else.
//
// The thread pointer is the base of the segment that GS selects; only the
// kernel sets it. All tasks use the one segment of their OS thread:
// pthread_create copies its number, and a signal frame keeps only the number.
//
// The switch leaves by `ret` to keep the processor's return-stack predictor
// right. For the same reason it *calls* a new task, which returns here when it
// ends.
//
// Between the load of the thread pointer and that of esp, a signal sees one
// task's thread block and the other's stack. Both tasks have preemption off, so
// the handler only records the tick and returns.
//
// Debuggers and dumps unwind a suspended task as if it stood at
// jiffy_switch_suspended with its saved stack pointer: the CFI at that label
// describes the stack of a suspended task.

#include "arch/i386/offsets.h"

#define SYS_set_thread_area 243

// Loads esi's floating-point control words if they differ from the live ones,
// which are in edi's context. One compare for each store: a wider load would
// miss the store buffer.
.macro LOAD_FP_CONTROL
        movl    JIFFY_CONTEXT_MXCSR(%esi), %eax
        movzwl  JIFFY_CONTEXT_X87_CONTROL(%esi), %ecx
        cmpl    %eax, JIFFY_CONTEXT_MXCSR(%edi)
        jne     .Lload_fp\@
        cmpw    %cx, JIFFY_CONTEXT_X87_CONTROL(%edi)
        je      .Lsame_fp\@
.Lload_fp\@:
        ldmxcsr JIFFY_CONTEXT_MXCSR(%esi)
        fldcw   JIFFY_CONTEXT_X87_CONTROL(%esi)
.Lsame_fp\@:
.endm

.macro SAVE_FP_CONTROL
        stmxcsr JIFFY_CONTEXT_MXCSR(%edi)
        fnstcw  JIFFY_CONTEXT_X87_CONTROL(%edi)
.endm

// Loads esi's thread pointer if tasks have their own, by a struct user_desc on
// the old stack. The new base takes effect only when GS is reloaded.
.macro LOAD_THREAD_POINTER own_tls
  .if \own_tls
        pushl   $JIFFY_SEGMENT_FLAGS
        .cfi_adjust_cfa_offset 4
        pushl   $JIFFY_SEGMENT_LIMIT
        .cfi_adjust_cfa_offset 4
        pushl   JIFFY_CONTEXT_THREAD_POINTER(%esi)
        .cfi_adjust_cfa_offset 4
        movl    %gs, %ecx
        movl    %ecx, %eax
        shrl    $3, %eax
        pushl   %eax
        .cfi_adjust_cfa_offset 4
        movl    $SYS_set_thread_area, %eax
        movl    %esp, %ebx
        int     $0x80
        movl    %ecx, %gs
        addl    $16, %esp
        .cfi_adjust_cfa_offset -16
  .endif
.endm

.macro LOAD_STACK
        movl    JIFFY_CONTEXT_SP(%esi), %esp
.endm

.macro PUSH reg
        pushl   %\reg
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset \reg, 0
.endm

.macro POP reg
        popl    %\reg
        .cfi_adjust_cfa_offset -4
        .cfi_restore \reg
.endm

.macro RESUME
        POP     edi
        POP     esi
        POP     ebx
        POP     ebp
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
        endbr32
#endif
        PUSH    ebp
        PUSH    ebx
        PUSH    esi
        PUSH    edi
        movl    20(%esp), %edi
        movl    24(%esp), %esi
        SAVE_FP_CONTROL
        movl    %esp, JIFFY_CONTEXT_SP(%edi)
\name\()_suspended:
        cmpl    $0, JIFFY_CONTEXT_ENTRY(%esi)
        jne     .Lstart\@
        LOAD_FP_CONTROL
        LOAD_THREAD_POINTER \own_tls
        LOAD_STACK
        .cfi_remember_state
        RESUME

        // A new task: its stack is empty, and backtraces end here. They end a
        // few instructions too early, while esp still belongs to a suspended or
        // dead task.
.Lstart\@:
        .cfi_restore_state
        .cfi_remember_state
        .cfi_def_cfa esp, 0
        .cfi_undefined eip
        .cfi_undefined ebp
        .cfi_undefined ebx
        .cfi_undefined esi
        .cfi_undefined edi
        LOAD_FP_CONTROL
        LOAD_THREAD_POINTER \own_tls
        movl    JIFFY_CONTEXT_ENTRY(%esi), %eax
        movl    $0, JIFFY_CONTEXT_ENTRY(%esi)
        LOAD_STACK
        xorl    %ebp, %ebp              // Ends a walk of frame pointers too.
        subl    $12, %esp               // 16-byte alignment for the call.
        .cfi_adjust_cfa_offset 12
        pushl   %esi                    // Its context
        .cfi_adjust_cfa_offset 4
        movl    %esi, %edi              // is also needed after the call.
        call    *%eax
        addl    $16, %esp
        .cfi_adjust_cfa_offset -16
        movl    %eax, %esi
        SAVE_FP_CONTROL
        cmpl    $0, JIFFY_CONTEXT_ENTRY(%esi)
        jne     .Lstart\@
        LOAD_FP_CONTROL
        LOAD_THREAD_POINTER \own_tls
        LOAD_STACK
        .cfi_restore_state
        RESUME
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text
        DEFINE_SWITCH jiffy_switch, 1
        DEFINE_SWITCH jiffy_switch_shared, 0

        .section .note.GNU-stack, "", @progbits

// Declares that indirect branches land on landing pads here, if the compiler
// declares so for its code. Does not declare shadow stacks: a switch does not
// change the shadow stack.
#ifdef __CET__
        .section .note.gnu.property, "a", @note
        .p2align 2
        .long   4, 12, 5
        .asciz  "GNU"
        .long   0xc0000002, 4, 1
#endif
