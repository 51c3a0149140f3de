// void jiffy_test_switch_with_canaries(
//     const Registers* before /* rdi */, Registers* after /* rsi */,
//     void (*switch_to)(Context*, Context*) /* rdx */,
//     Context* from /* rcx */, Context* to /* r8 */)

        .macro  PUSH reg
        pushq   %\reg
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset \reg, 0
        .endm

        .macro  POP reg
        popq    %\reg
        .cfi_adjust_cfa_offset -8
        .cfi_restore \reg
        .endm

        .text
        .globl  jiffy_test_switch_with_canaries
        .type   jiffy_test_switch_with_canaries, @function
        .p2align 4
jiffy_test_switch_with_canaries:
        .cfi_startproc
        PUSH    rbp
        PUSH    rbx
        PUSH    r12
        PUSH    r13
        PUSH    r14
        PUSH    r15
        subq    $24, %rsp               // 16-byte alignment for the call.
        .cfi_adjust_cfa_offset 24
        movq    %rsi, (%rsp)            // `after`,
        stmxcsr 8(%rsp)                 // and the caller's own control words.
        fnstcw  12(%rsp)

        movq    0(%rdi), %rbx
        movq    8(%rdi), %rbp
        movq    16(%rdi), %r12
        movq    24(%rdi), %r13
        movq    32(%rdi), %r14
        movq    40(%rdi), %r15
        ldmxcsr 48(%rdi)
        fldcw   52(%rdi)
        movq    %rdx, %rax
        movq    %rcx, %rdi
        movq    %r8, %rsi
        call    *%rax

        movq    (%rsp), %rsi
        movq    %rbx, 0(%rsi)
        movq    %rbp, 8(%rsi)
        movq    %r12, 16(%rsi)
        movq    %r13, 24(%rsi)
        movq    %r14, 32(%rsi)
        movq    %r15, 40(%rsi)
        stmxcsr 48(%rsi)
        fnstcw  52(%rsi)

        ldmxcsr 8(%rsp)
        fldcw   12(%rsp)
        addq    $24, %rsp
        .cfi_adjust_cfa_offset -24
        POP     r15
        POP     r14
        POP     r13
        POP     r12
        POP     rbx
        POP     rbp
        ret
        .cfi_endproc
        .size   jiffy_test_switch_with_canaries, . - jiffy_test_switch_with_canaries

        .section .note.GNU-stack, "", @progbits
