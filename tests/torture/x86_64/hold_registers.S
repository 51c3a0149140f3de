// x86-64: see tests/torture/hold_registers.h.
//
//   void jiffy_hold_*(const void* in /* rdi */, void* out /* rsi */,
//                     uint64_t spins /* rdx, at least 1 */)

.macro FUNCTION name
        .globl  \name
        .hidden \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
.endm

.macro END name
        ret
        .cfi_endproc
        .size   \name, . - \name
.endm

// Counts rdx down; nothing else but flags changes.
.macro SPIN
.Lspin\@:
        decq    %rdx
        jnz     .Lspin\@
.endm

        .text

// rcx counts, with instructions that leave the flags alone; rdi and rsi keep
// the addresses. The callee-saved ones are put away in the caller's `out`,
// whose end is not written yet, so that the red zone is free.
#define SAVED(n) (8 * (17 + n))(%rsi)
FUNCTION jiffy_hold_general
        movq    %rbx, SAVED(0)
        movq    %rbp, SAVED(1)
        movq    %r12, SAVED(2)
        movq    %r13, SAVED(3)
        movq    %r14, SAVED(4)
        movq    %r15, SAVED(5)
        // Where they are cannot be told in CFI.
        .irp    register, rbx, rbp, r12, r13, r14, r15
        .cfi_undefined \register
        .endr
        movq    %rdx, %rcx
        .set    i, 0
        .rept   16
        movq    8 * (12 + i)(%rdi), %rax
        movq    %rax, -8 * (i + 1)(%rsp)
        .set    i, i + 1
        .endr
        btq     $0, 8 * 28(%rdi)        // The carry flag.
        movq    8 * 0(%rdi), %rax
        movq    8 * 1(%rdi), %rbx
        movq    8 * 2(%rdi), %rdx
        movq    8 * 3(%rdi), %rbp
        movq    8 * 4(%rdi), %r8
        movq    8 * 5(%rdi), %r9
        movq    8 * 6(%rdi), %r10
        movq    8 * 7(%rdi), %r11
        movq    8 * 8(%rdi), %r12
        movq    8 * 9(%rdi), %r13
        movq    8 * 10(%rdi), %r14
        movq    8 * 11(%rdi), %r15
.Lgeneral:
        leaq    -1(%rcx), %rcx
        jrcxz   .Lgeneral_done
        jmp     .Lgeneral
.Lgeneral_done:
        movq    %rax, 8 * 0(%rsi)
        movq    %rbx, 8 * 1(%rsi)
        movq    %rdx, 8 * 2(%rsi)
        movq    %rbp, 8 * 3(%rsi)
        movq    %r8, 8 * 4(%rsi)
        movq    %r9, 8 * 5(%rsi)
        movq    %r10, 8 * 6(%rsi)
        movq    %r11, 8 * 7(%rsi)
        movq    %r12, 8 * 8(%rsi)
        movq    %r13, 8 * 9(%rsi)
        movq    %r14, 8 * 10(%rsi)
        movq    %r15, 8 * 11(%rsi)
        setc    %dl
        movzbl  %dl, %edx
        movq    SAVED(0), %rbx
        movq    SAVED(1), %rbp
        movq    SAVED(2), %r12
        movq    SAVED(3), %r13
        movq    SAVED(4), %r14
        movq    SAVED(5), %r15
        movq    %rdx, 8 * 28(%rsi)
        .set    i, 0
        .rept   16
        movq    -8 * (i + 1)(%rsp), %rax
        movq    %rax, 8 * (12 + i)(%rsi)
        .set    i, i + 1
        .endr
END jiffy_hold_general

FUNCTION jiffy_hold_x87
        .set    i, 0
        .rept   8
        fldt    16 * i(%rdi)
        .set    i, i + 1
        .endr
        SPIN
        .set    i, 7
        .rept   8
        fstpt   16 * i(%rsi)
        .set    i, i - 1
        .endr
END jiffy_hold_x87

// `.altmacro` makes numbers of the expressions after %.
        .altmacro

.macro LOAD instruction, register, size, n
        \instruction \size * \n(%rdi), %\register\n
.endm

.macro STORE instruction, register, size, n
        \instruction %\register\n, \size * \n(%rsi)
.endm

.macro HOLD instruction, register, size, count
        .set    i, 0
        .rept   \count
        LOAD    \instruction, \register, \size, %i
        .set    i, i + 1
        .endr
.endm

.macro KEEP instruction, register, size, count
        .set    i, 0
        .rept   \count
        STORE   \instruction, \register, \size, %i
        .set    i, i + 1
        .endr
.endm

FUNCTION jiffy_hold_sse
        HOLD    movups, xmm, 16, 16
        SPIN
        KEEP    movups, xmm, 16, 16
END jiffy_hold_sse

FUNCTION jiffy_hold_avx
        HOLD    vmovups, ymm, 32, 16
        SPIN
        KEEP    vmovups, ymm, 32, 16
        vzeroupper
END jiffy_hold_avx

FUNCTION jiffy_hold_avx512
        HOLD    vmovups, zmm, 64, 32
        addq    $(32 * 64), %rdi
        HOLD    kmovq, k, 8, 8
        SPIN
        KEEP    vmovups, zmm, 64, 32
        addq    $(32 * 64), %rsi
        KEEP    kmovq, k, 8, 8
        vzeroupper
END jiffy_hold_avx512

        .section .note.GNU-stack, "", @progbits
