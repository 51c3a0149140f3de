// jiffy_call_from_suspended for riscv64; see arch/suspended.h.
//
//   a0: stack pointer of the suspended task; a1: function; a2: its argument
//
// An unwinder takes the caller's stack pointer from s1 and the return address
// from where s2 points.
        .text
        .globl  jiffy_call_from_suspended
        .hidden jiffy_call_from_suspended
        .type   jiffy_call_from_suspended, %function
        .p2align 2
jiffy_call_from_suspended:
        .cfi_startproc
        addi    sp, sp, -32
        .cfi_def_cfa_offset 32
        sd      ra, 0(sp)
        .cfi_rel_offset ra, 0
        sd      s1, 8(sp)
        .cfi_rel_offset s1, 8
        sd      s2, 16(sp)
        .cfi_rel_offset s2, 16
        lla     t0, jiffy_switch_suspended
        sd      t0, 24(sp)
        mv      s1, a0
        addi    s2, sp, 24
        .cfi_remember_state
        .cfi_escape 0x0f, 2, 0x79, 0            // CFA: s1.
        .cfi_escape 0x10, 1, 2, 0x82, 0         // ra: at s2.
        mv      a0, a2
        jalr    a1
        .cfi_restore_state
        ld      ra, 0(sp)
        ld      s1, 8(sp)
        ld      s2, 16(sp)
        addi    sp, sp, 32
        .cfi_restore ra
        .cfi_restore s1
        .cfi_restore s2
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   jiffy_call_from_suspended, . - jiffy_call_from_suspended

        .section .note.GNU-stack, "", %progbits
