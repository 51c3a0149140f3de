// i386: see tests/torture/hold_registers.h.
//
//   void jiffy_hold_*(const void* in /* 4(%esp) */, void* out /* 8(%esp) */,
//                     uint64_t spins /* 12(%esp), at least 1, in 31 bits */)

.macro FUNCTION name
        .globl  \name
        .hidden \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
#ifdef __CET__
        endbr32
#endif
.endm

.macro END name
        ret
        .cfi_endproc
        .size   \name, . - \name
.endm

        .text

// ecx counts, with instructions that leave the flags alone.
FUNCTION jiffy_hold_general
        pushl   %ebp
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset ebp, 0
        pushl   %ebx
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset ebx, 0
        pushl   %esi
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset esi, 0
        pushl   %edi
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset edi, 0
        movl    20(%esp), %eax
        movl    28(%esp), %ecx
        btl     $0, 20(%eax)            // The carry flag.
        movl    0(%eax), %ebx
        movl    4(%eax), %edx
        movl    8(%eax), %ebp
        movl    12(%eax), %esi
        movl    16(%eax), %edi
.Lgeneral:
        leal    -1(%ecx), %ecx
        jecxz   .Lgeneral_done
        jmp     .Lgeneral
.Lgeneral_done:
        movl    24(%esp), %eax
        movl    %ebx, 0(%eax)
        movl    %edx, 4(%eax)
        movl    %ebp, 8(%eax)
        movl    %esi, 12(%eax)
        movl    %edi, 16(%eax)
        setc    %cl
        movzbl  %cl, %ecx
        movl    %ecx, 20(%eax)
        popl    %edi
        .cfi_adjust_cfa_offset -4
        .cfi_restore edi
        popl    %esi
        .cfi_adjust_cfa_offset -4
        .cfi_restore esi
        popl    %ebx
        .cfi_adjust_cfa_offset -4
        .cfi_restore ebx
        popl    %ebp
        .cfi_adjust_cfa_offset -4
        .cfi_restore ebp
END jiffy_hold_general

.macro ARGUMENTS
        movl    4(%esp), %eax
        movl    8(%esp), %edx
        movl    12(%esp), %ecx
.endm

// Counts ecx down; nothing else but flags changes.
.macro SPIN
.Lspin\@:
        decl    %ecx
        jnz     .Lspin\@
.endm

FUNCTION jiffy_hold_x87
        ARGUMENTS
        fldt    0(%eax)
        fldt    16(%eax)
        fldt    32(%eax)
        fldt    48(%eax)
        fldt    64(%eax)
        fldt    80(%eax)
        fldt    96(%eax)
        fldt    112(%eax)
        SPIN
        fstpt   112(%edx)
        fstpt   96(%edx)
        fstpt   80(%edx)
        fstpt   64(%edx)
        fstpt   48(%edx)
        fstpt   32(%edx)
        fstpt   16(%edx)
        fstpt   0(%edx)
END jiffy_hold_x87

FUNCTION jiffy_hold_sse
        ARGUMENTS
        movups  0(%eax), %xmm0
        movups  16(%eax), %xmm1
        movups  32(%eax), %xmm2
        movups  48(%eax), %xmm3
        movups  64(%eax), %xmm4
        movups  80(%eax), %xmm5
        movups  96(%eax), %xmm6
        movups  112(%eax), %xmm7
        SPIN
        movups  %xmm0, 0(%edx)
        movups  %xmm1, 16(%edx)
        movups  %xmm2, 32(%edx)
        movups  %xmm3, 48(%edx)
        movups  %xmm4, 64(%edx)
        movups  %xmm5, 80(%edx)
        movups  %xmm6, 96(%edx)
        movups  %xmm7, 112(%edx)
END jiffy_hold_sse

        .section .note.GNU-stack, "", @progbits
