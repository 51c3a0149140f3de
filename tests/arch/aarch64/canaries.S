// void jiffy_test_switch_with_canaries(
//     const Registers* before /* x0 */, Registers* after /* x1 */,
//     void (*switch_to)(Context*, Context*) /* x2 */,
//     Context* from /* x3 */, Context* to /* x4 */)
//
// Its frame: x29, x30; x19 to x28; d8 to d15; then `after` and the caller's own
// FPCR.

#define FRAME 176

        .macro  KEEP first, second, offset
        stp     \first, \second, [sp, \offset]
        .cfi_rel_offset \first, \offset
        .cfi_rel_offset \second, \offset + 8
        .endm

        .text
        .globl  jiffy_test_switch_with_canaries
        .type   jiffy_test_switch_with_canaries, %function
        .p2align 4
jiffy_test_switch_with_canaries:
        .cfi_startproc
#ifdef __ARM_FEATURE_BTI_DEFAULT
        bti     c
#endif
        stp     x29, x30, [sp, -FRAME]!
        .cfi_def_cfa_offset FRAME
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        KEEP    x19, x20, 16
        KEEP    x21, x22, 32
        KEEP    x23, x24, 48
        KEEP    x25, x26, 64
        KEEP    x27, x28, 80
        KEEP    d8, d9, 96
        KEEP    d10, d11, 112
        KEEP    d12, d13, 128
        KEEP    d14, d15, 144
        mrs     x9, fpcr
        stp     x1, x9, [sp, 160]

        ldp     x19, x20, [x0, 0]
        ldp     x21, x22, [x0, 16]
        ldp     x23, x24, [x0, 32]
        ldp     x25, x26, [x0, 48]
        ldp     x27, x28, [x0, 64]
        ldr     x29, [x0, 80]
        ldp     d8, d9, [x0, 88]
        ldp     d10, d11, [x0, 104]
        ldp     d12, d13, [x0, 120]
        ldp     d14, d15, [x0, 136]
        ldr     x9, [x0, 152]
        msr     fpcr, x9
        mov     x0, x3
        mov     x1, x4
        blr     x2

        ldp     x1, x9, [sp, 160]
        stp     x19, x20, [x1, 0]
        stp     x21, x22, [x1, 16]
        stp     x23, x24, [x1, 32]
        stp     x25, x26, [x1, 48]
        stp     x27, x28, [x1, 64]
        str     x29, [x1, 80]
        stp     d8, d9, [x1, 88]
        stp     d10, d11, [x1, 104]
        stp     d12, d13, [x1, 120]
        stp     d14, d15, [x1, 136]
        mrs     x10, fpcr
        str     x10, [x1, 152]

        msr     fpcr, x9
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
        .cfi_restore x29
        .cfi_restore x30
        ret
        .cfi_endproc
        .size   jiffy_test_switch_with_canaries, . - jiffy_test_switch_with_canaries

        .section .note.GNU-stack, "", %progbits
