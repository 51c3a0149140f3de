// riscv64: see tests/torture/hold_registers.h.
//
//   void jiffy_hold_*(const void* in /* a0 */, void* out /* a1 */,
//                     uint64_t spins /* a2, at least 1 */)

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

// a2 counts.
FUNCTION jiffy_hold_general
        addi    sp, sp, -112
        .cfi_def_cfa_offset 112
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
        ld      ra, 0(a0)
        ld      t1, 8(a0)
        ld      t2, 16(a0)
        ld      t3, 24(a0)
        ld      t4, 32(a0)
        ld      t5, 40(a0)
        ld      t6, 48(a0)
        ld      s0, 56(a0)
        ld      s1, 64(a0)
        ld      s2, 72(a0)
        ld      s3, 80(a0)
        ld      s4, 88(a0)
        ld      s5, 96(a0)
        ld      s6, 104(a0)
        ld      s7, 112(a0)
        ld      s8, 120(a0)
        ld      s9, 128(a0)
        ld      s10, 136(a0)
        ld      s11, 144(a0)
        ld      a3, 152(a0)
        ld      a4, 160(a0)
        ld      a5, 168(a0)
        ld      a6, 176(a0)
        ld      a7, 184(a0)
.Lgeneral:
        addi    a2, a2, -1
        bnez    a2, .Lgeneral
        sd      ra, 0(a1)
        sd      t1, 8(a1)
        sd      t2, 16(a1)
        sd      t3, 24(a1)
        sd      t4, 32(a1)
        sd      t5, 40(a1)
        sd      t6, 48(a1)
        sd      s0, 56(a1)
        sd      s1, 64(a1)
        sd      s2, 72(a1)
        sd      s3, 80(a1)
        sd      s4, 88(a1)
        sd      s5, 96(a1)
        sd      s6, 104(a1)
        sd      s7, 112(a1)
        sd      s8, 120(a1)
        sd      s9, 128(a1)
        sd      s10, 136(a1)
        sd      s11, 144(a1)
        sd      a3, 152(a1)
        sd      a4, 160(a1)
        sd      a5, 168(a1)
        sd      a6, 176(a1)
        sd      a7, 184(a1)
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
        addi    sp, sp, 112
        .cfi_def_cfa_offset 0
END jiffy_hold_general

// fs0 to fs11 are the caller's.
FUNCTION jiffy_hold_floats
        addi    sp, sp, -96
        .cfi_def_cfa_offset 96
        fsd     fs0, 0(sp)
        fsd     fs1, 8(sp)
        fsd     fs2, 16(sp)
        fsd     fs3, 24(sp)
        fsd     fs4, 32(sp)
        fsd     fs5, 40(sp)
        fsd     fs6, 48(sp)
        fsd     fs7, 56(sp)
        fsd     fs8, 64(sp)
        fsd     fs9, 72(sp)
        fsd     fs10, 80(sp)
        fsd     fs11, 88(sp)
        fld     f0, 0(a0)
        fld     f1, 8(a0)
        fld     f2, 16(a0)
        fld     f3, 24(a0)
        fld     f4, 32(a0)
        fld     f5, 40(a0)
        fld     f6, 48(a0)
        fld     f7, 56(a0)
        fld     f8, 64(a0)
        fld     f9, 72(a0)
        fld     f10, 80(a0)
        fld     f11, 88(a0)
        fld     f12, 96(a0)
        fld     f13, 104(a0)
        fld     f14, 112(a0)
        fld     f15, 120(a0)
        fld     f16, 128(a0)
        fld     f17, 136(a0)
        fld     f18, 144(a0)
        fld     f19, 152(a0)
        fld     f20, 160(a0)
        fld     f21, 168(a0)
        fld     f22, 176(a0)
        fld     f23, 184(a0)
        fld     f24, 192(a0)
        fld     f25, 200(a0)
        fld     f26, 208(a0)
        fld     f27, 216(a0)
        fld     f28, 224(a0)
        fld     f29, 232(a0)
        fld     f30, 240(a0)
        fld     f31, 248(a0)
.Lfloats:
        addi    a2, a2, -1
        bnez    a2, .Lfloats
        fsd     f0, 0(a1)
        fsd     f1, 8(a1)
        fsd     f2, 16(a1)
        fsd     f3, 24(a1)
        fsd     f4, 32(a1)
        fsd     f5, 40(a1)
        fsd     f6, 48(a1)
        fsd     f7, 56(a1)
        fsd     f8, 64(a1)
        fsd     f9, 72(a1)
        fsd     f10, 80(a1)
        fsd     f11, 88(a1)
        fsd     f12, 96(a1)
        fsd     f13, 104(a1)
        fsd     f14, 112(a1)
        fsd     f15, 120(a1)
        fsd     f16, 128(a1)
        fsd     f17, 136(a1)
        fsd     f18, 144(a1)
        fsd     f19, 152(a1)
        fsd     f20, 160(a1)
        fsd     f21, 168(a1)
        fsd     f22, 176(a1)
        fsd     f23, 184(a1)
        fsd     f24, 192(a1)
        fsd     f25, 200(a1)
        fsd     f26, 208(a1)
        fsd     f27, 216(a1)
        fsd     f28, 224(a1)
        fsd     f29, 232(a1)
        fsd     f30, 240(a1)
        fsd     f31, 248(a1)
        fld     fs0, 0(sp)
        fld     fs1, 8(sp)
        fld     fs2, 16(sp)
        fld     fs3, 24(sp)
        fld     fs4, 32(sp)
        fld     fs5, 40(sp)
        fld     fs6, 48(sp)
        fld     fs7, 56(sp)
        fld     fs8, 64(sp)
        fld     fs9, 72(sp)
        fld     fs10, 80(sp)
        fld     fs11, 88(sp)
        addi    sp, sp, 96
        .cfi_def_cfa_offset 0
END jiffy_hold_floats

        .section .note.GNU-stack, "", %progbits
