// The context switch for riscv64, LP64D.
//
//   void jiffy_switch(Context* from /* a0 */, Context* to /* a1 */)
//
// Stack of a suspended task, from context.sp upwards:
//
//   +------+------+------+-----+------+------+-----+------+---------+
//   |  0   |  8   |  16  | ... |  96  | 104  | ... | 192  |   200   |
//   |  ra  |  s0  |  s1  | ... | s11  | fs0  | ... | fs11 | nothing |
//   +------+------+------+-----+------+------+-----+------+---------+
//
// ra is the address where the task resumes. Stack pointer, thread pointer and
// fcsr go into the Context. By the ABI, the caller saves everything else; gp
// belongs to the program.
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

#include "arch/riscv64/offsets.h"

#if __riscv_flen != 64
#error "jiffy needs the ABI with floating-point registers of 64 bits (LP64D)"
#endif

#define FRAME 208

// Runs `action` for each callee-saved register and its offset.
.macro EACH_INTEGER action
        \action s0, 8
        \action s1, 16
        \action s2, 24
        \action s3, 32
        \action s4, 40
        \action s5, 48
        \action s6, 56
        \action s7, 64
        \action s8, 72
        \action s9, 80
        \action s10, 88
        \action s11, 96
.endm

.macro EACH_FLOAT action
        \action fs0, 104
        \action fs1, 112
        \action fs2, 120
        \action fs3, 128
        \action fs4, 136
        \action fs5, 144
        \action fs6, 152
        \action fs7, 160
        \action fs8, 168
        \action fs9, 176
        \action fs10, 184
        \action fs11, 192
.endm

.macro SAVE_INTEGER reg, offset
        sd      \reg, \offset(sp)
        .cfi_rel_offset \reg, \offset
.endm

.macro SAVE_FLOAT reg, offset
        fsd     \reg, \offset(sp)
        .cfi_rel_offset \reg, \offset
.endm

.macro LOAD_INTEGER reg, offset
        ld      \reg, \offset(sp)
.endm

.macro LOAD_FLOAT reg, offset
        fld     \reg, \offset(sp)
.endm

.macro RESTORED reg, offset
        .cfi_restore \reg
.endm

.macro UNDEFINED reg, offset
        .cfi_undefined \reg
.endm

.macro RESUME
        LOAD_INTEGER ra, 0
        EACH_INTEGER LOAD_INTEGER
        EACH_FLOAT LOAD_FLOAT
        addi    sp, sp, FRAME
        .cfi_def_cfa_offset 0
        .cfi_restore ra
        EACH_INTEGER RESTORED
        EACH_FLOAT RESTORED
        ret
.endm

// Leaves the live control word in t0.
.macro SAVE_FP_CONTROL
        frcsr   t0
        sw      t0, JIFFY_CONTEXT_FCSR(a0)
.endm

// Loads a1's control word if it differs from the live one.
.macro LOAD_FP_CONTROL
        lwu     t1, JIFFY_CONTEXT_FCSR(a1)
        beq     t0, t1, .Lsame_fp\@
        fscsr   t1
.Lsame_fp\@:
.endm

// Loads a1's stack pointer, and its thread pointer if tasks have their own.
.macro LOAD_STACK own_tls
        ld      sp, JIFFY_CONTEXT_SP(a1)
  .if \own_tls
        mv      tp, t2
  .endif
.endm

.macro LOAD_THREAD_POINTER own_tls
  .if \own_tls
        ld      t2, JIFFY_CONTEXT_THREAD_POINTER(a1)
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
        addi    sp, sp, -FRAME
        .cfi_def_cfa_offset FRAME
        SAVE_INTEGER ra, 0
        EACH_INTEGER SAVE_INTEGER
        EACH_FLOAT SAVE_FLOAT
        SAVE_FP_CONTROL
        sd      sp, JIFFY_CONTEXT_SP(a0)
\name\()_suspended:
        LOAD_THREAD_POINTER \own_tls
        ld      t3, JIFFY_CONTEXT_ENTRY(a1)
        bnez    t3, .Lstart\@
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
        .cfi_undefined ra
        EACH_INTEGER UNDEFINED
        EACH_FLOAT UNDEFINED
        LOAD_FP_CONTROL
        sd      zero, JIFFY_CONTEXT_ENTRY(a1)
        LOAD_STACK \own_tls
        mv      s1, a1                  // Its context, for after the call.
        mv      a0, a1
        mv      s0, zero                // Ends a walk of frame pointers too.
        jalr    t3
        mv      a1, a0
        mv      a0, s1
        SAVE_FP_CONTROL
        LOAD_THREAD_POINTER \own_tls
        ld      t3, JIFFY_CONTEXT_ENTRY(a1)
        bnez    t3, .Lstart\@
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
