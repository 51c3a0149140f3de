// void jiffy_test_switch_with_canaries(
//     const Registers* before /* a0 */, Registers* after /* a1 */,
//     void (*switch_to)(Context*, Context*) /* a2 */,
//     Context* from /* a3 */, Context* to /* a4 */)
//
// Its frame: ra, s0 to s11, fs0 to fs11, then `after` and the caller's own
// rounding mode.

#define FRAME 224

        .text
        .globl  jiffy_test_switch_with_canaries
        .type   jiffy_test_switch_with_canaries, %function
        .p2align 4
jiffy_test_switch_with_canaries:
        .cfi_startproc
        addi    sp, sp, -FRAME
        .cfi_def_cfa_offset FRAME
        sd      ra, 0(sp)
        .cfi_rel_offset ra, 0
        sd      s0, 8(sp)
        .cfi_rel_offset s0, 8
        sd      s1, 16(sp)
        .cfi_rel_offset s1, 16
        sd      s2, 24(sp)
        .cfi_rel_offset s2, 24
        sd      s3, 32(sp)
        .cfi_rel_offset s3, 32
        sd      s4, 40(sp)
        .cfi_rel_offset s4, 40
        sd      s5, 48(sp)
        .cfi_rel_offset s5, 48
        sd      s6, 56(sp)
        .cfi_rel_offset s6, 56
        sd      s7, 64(sp)
        .cfi_rel_offset s7, 64
        sd      s8, 72(sp)
        .cfi_rel_offset s8, 72
        sd      s9, 80(sp)
        .cfi_rel_offset s9, 80
        sd      s10, 88(sp)
        .cfi_rel_offset s10, 88
        sd      s11, 96(sp)
        .cfi_rel_offset s11, 96
        fsd     fs0, 104(sp)
        .cfi_rel_offset fs0, 104
        fsd     fs1, 112(sp)
        .cfi_rel_offset fs1, 112
        fsd     fs2, 120(sp)
        .cfi_rel_offset fs2, 120
        fsd     fs3, 128(sp)
        .cfi_rel_offset fs3, 128
        fsd     fs4, 136(sp)
        .cfi_rel_offset fs4, 136
        fsd     fs5, 144(sp)
        .cfi_rel_offset fs5, 144
        fsd     fs6, 152(sp)
        .cfi_rel_offset fs6, 152
        fsd     fs7, 160(sp)
        .cfi_rel_offset fs7, 160
        fsd     fs8, 168(sp)
        .cfi_rel_offset fs8, 168
        fsd     fs9, 176(sp)
        .cfi_rel_offset fs9, 176
        fsd     fs10, 184(sp)
        .cfi_rel_offset fs10, 184
        fsd     fs11, 192(sp)
        .cfi_rel_offset fs11, 192
        sd      a1, 200(sp)
        frrm    t0
        sd      t0, 208(sp)

        ld      s0, 0(a0)
        ld      s1, 8(a0)
        ld      s2, 16(a0)
        ld      s3, 24(a0)
        ld      s4, 32(a0)
        ld      s5, 40(a0)
        ld      s6, 48(a0)
        ld      s7, 56(a0)
        ld      s8, 64(a0)
        ld      s9, 72(a0)
        ld      s10, 80(a0)
        ld      s11, 88(a0)
        fld     fs0, 96(a0)
        fld     fs1, 104(a0)
        fld     fs2, 112(a0)
        fld     fs3, 120(a0)
        fld     fs4, 128(a0)
        fld     fs5, 136(a0)
        fld     fs6, 144(a0)
        fld     fs7, 152(a0)
        fld     fs8, 160(a0)
        fld     fs9, 168(a0)
        fld     fs10, 176(a0)
        fld     fs11, 184(a0)
        ld      t0, 192(a0)
        fsrm    t0
        mv      a0, a3
        mv      a1, a4
        jalr    a2

        ld      a1, 200(sp)
        sd      s0, 0(a1)
        sd      s1, 8(a1)
        sd      s2, 16(a1)
        sd      s3, 24(a1)
        sd      s4, 32(a1)
        sd      s5, 40(a1)
        sd      s6, 48(a1)
        sd      s7, 56(a1)
        sd      s8, 64(a1)
        sd      s9, 72(a1)
        sd      s10, 80(a1)
        sd      s11, 88(a1)
        fsd     fs0, 96(a1)
        fsd     fs1, 104(a1)
        fsd     fs2, 112(a1)
        fsd     fs3, 120(a1)
        fsd     fs4, 128(a1)
        fsd     fs5, 136(a1)
        fsd     fs6, 144(a1)
        fsd     fs7, 152(a1)
        fsd     fs8, 160(a1)
        fsd     fs9, 168(a1)
        fsd     fs10, 176(a1)
        fsd     fs11, 184(a1)
        frrm    t0
        sd      t0, 192(a1)

        ld      t0, 208(sp)
        fsrm    t0
        ld      ra, 0(sp)
        ld      s0, 8(sp)
        ld      s1, 16(sp)
        ld      s2, 24(sp)
        ld      s3, 32(sp)
        ld      s4, 40(sp)
        ld      s5, 48(sp)
        ld      s6, 56(sp)
        ld      s7, 64(sp)
        ld      s8, 72(sp)
        ld      s9, 80(sp)
        ld      s10, 88(sp)
        ld      s11, 96(sp)
        fld     fs0, 104(sp)
        fld     fs1, 112(sp)
        fld     fs2, 120(sp)
        fld     fs3, 128(sp)
        fld     fs4, 136(sp)
        fld     fs5, 144(sp)
        fld     fs6, 152(sp)
        fld     fs7, 160(sp)
        fld     fs8, 168(sp)
        fld     fs9, 176(sp)
        fld     fs10, 184(sp)
        fld     fs11, 192(sp)
        addi    sp, sp, FRAME
        .cfi_def_cfa_offset 0
        .cfi_restore ra
        ret
        .cfi_endproc
        .size   jiffy_test_switch_with_canaries, . - jiffy_test_switch_with_canaries

        .section .note.GNU-stack, "", %progbits
