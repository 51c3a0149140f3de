// jiffy_call_from_suspended for aarch64; see arch/suspended.h.
//
//   x0: stack pointer of the suspended task; x1: function; x2: its argument
//
// An unwinder takes the caller's stack pointer from x19 and the return address
// from where x20 points.
        .text
        .globl  jiffy_call_from_suspended
        .hidden jiffy_call_from_suspended
        .type   jiffy_call_from_suspended, %function
        .p2align 2
jiffy_call_from_suspended:
        .cfi_startproc
#if defined(__ARM_FEATURE_BTI_DEFAULT)
        bti     c
#endif
        stp     x29, x30, [sp, -48]!
        .cfi_def_cfa_offset 48
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        stp     x19, x20, [sp, 16]
        .cfi_rel_offset x19, 16
        .cfi_rel_offset x20, 24
        adrp    x9, jiffy_switch_suspended
        add     x9, x9, :lo12:jiffy_switch_suspended
        str     x9, [sp, 32]
        mov     x19, x0
        add     x20, sp, 32
        .cfi_remember_state
        .cfi_escape 0x0f, 2, 0x83, 0            // CFA: x19.
        .cfi_escape 0x10, 30, 2, 0x84, 0        // x30: at x20.
        mov     x0, x2
        blr     x1
        .cfi_restore_state
        ldp     x19, x20, [sp, 16]
        ldp     x29, x30, [sp], 48
        .cfi_restore x19
        .cfi_restore x20
        .cfi_restore x29
        .cfi_restore x30
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   jiffy_call_from_suspended, . - jiffy_call_from_suspended

        .section .note.GNU-stack, "", %progbits
