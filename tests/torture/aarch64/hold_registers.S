// aarch64: see tests/torture/hold_registers.h.
//
//   void jiffy_hold_*(const void* in /* x0 */, void* out /* x1 */,
//                     uint64_t spins /* x2, at least 1 */)

.macro FUNCTION name
        .globl  \name
        .hidden \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
.endm

.macro END name
        ret
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text

// x2 counts, by instructions that leave the flags alone; `out` waits on the stack,
// with the callee-saved registers.
FUNCTION jiffy_hold_general
#ifdef __ARM_FEATURE_BTI_DEFAULT
        bti     c
#endif
        stp     x29, x30, [sp, -112]!
        .cfi_def_cfa_offset 112
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        stp     x19, x20, [sp, 16]
        .cfi_rel_offset x19, 16
        .cfi_rel_offset x20, 24
        stp     x21, x22, [sp, 32]
        .cfi_rel_offset x21, 32
        .cfi_rel_offset x22, 40
        stp     x23, x24, [sp, 48]
        .cfi_rel_offset x23, 48
        .cfi_rel_offset x24, 56
        stp     x25, x26, [sp, 64]
        .cfi_rel_offset x25, 64
        .cfi_rel_offset x26, 72
        stp     x27, x28, [sp, 80]
        .cfi_rel_offset x27, 80
        .cfi_rel_offset x28, 88
        str     x1, [sp, 96]
        ldr     x3, [x0, 8 * 28]
        cmp     x3, 1                   // The carry flag: set from 1 on.
        ldr     x1, [x0, 8 * 1]
        ldr     x3, [x0, 8 * 2]
        ldr     x4, [x0, 8 * 3]
        ldr     x5, [x0, 8 * 4]
        ldr     x6, [x0, 8 * 5]
        ldr     x7, [x0, 8 * 6]
        ldr     x8, [x0, 8 * 7]
        ldr     x9, [x0, 8 * 8]
        ldr     x10, [x0, 8 * 9]
        ldr     x11, [x0, 8 * 10]
        ldr     x12, [x0, 8 * 11]
        ldr     x13, [x0, 8 * 12]
        ldr     x14, [x0, 8 * 13]
        ldr     x15, [x0, 8 * 14]
        ldr     x16, [x0, 8 * 15]
        ldr     x17, [x0, 8 * 16]
        ldr     x19, [x0, 8 * 17]
        ldr     x20, [x0, 8 * 18]
        ldr     x21, [x0, 8 * 19]
        ldr     x22, [x0, 8 * 20]
        ldr     x23, [x0, 8 * 21]
        ldr     x24, [x0, 8 * 22]
        ldr     x25, [x0, 8 * 23]
        ldr     x26, [x0, 8 * 24]
        ldr     x27, [x0, 8 * 25]
        ldr     x28, [x0, 8 * 26]
        ldr     x30, [x0, 8 * 27]
        ldr     x0, [x0, 8 * 0]
.Lgeneral:
        sub     x2, x2, 1
        cbnz    x2, .Lgeneral
        ldr     x2, [sp, 96]
        str     x0, [x2, 8 * 0]
        str     x1, [x2, 8 * 1]
        str     x3, [x2, 8 * 2]
        str     x4, [x2, 8 * 3]
        str     x5, [x2, 8 * 4]
        str     x6, [x2, 8 * 5]
        str     x7, [x2, 8 * 6]
        str     x8, [x2, 8 * 7]
        str     x9, [x2, 8 * 8]
        str     x10, [x2, 8 * 9]
        str     x11, [x2, 8 * 10]
        str     x12, [x2, 8 * 11]
        str     x13, [x2, 8 * 12]
        str     x14, [x2, 8 * 13]
        str     x15, [x2, 8 * 14]
        str     x16, [x2, 8 * 15]
        str     x17, [x2, 8 * 16]
        str     x19, [x2, 8 * 17]
        str     x20, [x2, 8 * 18]
        str     x21, [x2, 8 * 19]
        str     x22, [x2, 8 * 20]
        str     x23, [x2, 8 * 21]
        str     x24, [x2, 8 * 22]
        str     x25, [x2, 8 * 23]
        str     x26, [x2, 8 * 24]
        str     x27, [x2, 8 * 25]
        str     x28, [x2, 8 * 26]
        str     x30, [x2, 8 * 27]
        cset    x3, cs
        str     x3, [x2, 8 * 28]
        ldp     x19, x20, [sp, 16]
        ldp     x21, x22, [sp, 32]
        ldp     x23, x24, [sp, 48]
        ldp     x25, x26, [sp, 64]
        ldp     x27, x28, [sp, 80]
        ldp     x29, x30, [sp], 112
        .cfi_def_cfa_offset 0
END jiffy_hold_general

// The low halves of v8 to v15 are the caller's.
FUNCTION jiffy_hold_vectors
#ifdef __ARM_FEATURE_BTI_DEFAULT
        bti     c
#endif
        sub     sp, sp, 64
        .cfi_def_cfa_offset 64
        stp     d8, d9, [sp, 0]
        stp     d10, d11, [sp, 16]
        stp     d12, d13, [sp, 32]
        stp     d14, d15, [sp, 48]
        ldp     q0, q1, [x0, 0]
        ldp     q2, q3, [x0, 32]
        ldp     q4, q5, [x0, 64]
        ldp     q6, q7, [x0, 96]
        ldp     q8, q9, [x0, 128]
        ldp     q10, q11, [x0, 160]
        ldp     q12, q13, [x0, 192]
        ldp     q14, q15, [x0, 224]
        ldp     q16, q17, [x0, 256]
        ldp     q18, q19, [x0, 288]
        ldp     q20, q21, [x0, 320]
        ldp     q22, q23, [x0, 352]
        ldp     q24, q25, [x0, 384]
        ldp     q26, q27, [x0, 416]
        ldp     q28, q29, [x0, 448]
        ldp     q30, q31, [x0, 480]
.Lvectors:
        sub     x2, x2, 1
        cbnz    x2, .Lvectors
        stp     q0, q1, [x1, 0]
        stp     q2, q3, [x1, 32]
        stp     q4, q5, [x1, 64]
        stp     q6, q7, [x1, 96]
        stp     q8, q9, [x1, 128]
        stp     q10, q11, [x1, 160]
        stp     q12, q13, [x1, 192]
        stp     q14, q15, [x1, 224]
        stp     q16, q17, [x1, 256]
        stp     q18, q19, [x1, 288]
        stp     q20, q21, [x1, 320]
        stp     q22, q23, [x1, 352]
        stp     q24, q25, [x1, 384]
        stp     q26, q27, [x1, 416]
        stp     q28, q29, [x1, 448]
        stp     q30, q31, [x1, 480]
        ldp     d8, d9, [sp, 0]
        ldp     d10, d11, [sp, 16]
        ldp     d12, d13, [sp, 32]
        ldp     d14, d15, [sp, 48]
        add     sp, sp, 64
        .cfi_def_cfa_offset 0
END jiffy_hold_vectors

        .section .note.GNU-stack, "", %progbits
