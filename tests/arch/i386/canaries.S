// void jiffy_test_switch_with_canaries(
//     const Registers* before /* 4(%esp) */, Registers* after /* 8(%esp) */,
//     void (*switch_to)(Context*, Context*) /* 12(%esp) */,
//     Context* from /* 16(%esp) */, Context* to /* 20(%esp) */)

        .macro  PUSH reg
        pushl   %\reg
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset \reg, 0
        .endm

        .macro  POP reg
        popl    %\reg
        .cfi_adjust_cfa_offset -4
        .cfi_restore \reg
        .endm

        .text
        .globl  jiffy_test_switch_with_canaries
        .type   jiffy_test_switch_with_canaries, @function
        .p2align 4
jiffy_test_switch_with_canaries:
        .cfi_startproc
#ifdef __CET__
        endbr32
#endif
        PUSH    ebp
        PUSH    ebx
        PUSH    esi
        PUSH    edi
        subl    $28, %esp               // 16-byte alignment for the call.
        .cfi_adjust_cfa_offset 28
        stmxcsr 8(%esp)                 // The caller's own control words.
        fnstcw  12(%esp)

        movl    48(%esp), %ecx          // `before`
        movl    60(%esp), %eax          // `from`
        movl    %eax, (%esp)
        movl    64(%esp), %eax          // `to`
        movl    %eax, 4(%esp)
        movl    56(%esp), %eax          // `switch_to`
        movl    0(%ecx), %ebx
        movl    4(%ecx), %ebp
        movl    8(%ecx), %esi
        movl    12(%ecx), %edi
        ldmxcsr 16(%ecx)
        fldcw   20(%ecx)
        call    *%eax

        movl    52(%esp), %ecx          // `after`
        movl    %ebx, 0(%ecx)
        movl    %ebp, 4(%ecx)
        movl    %esi, 8(%ecx)
        movl    %edi, 12(%ecx)
        stmxcsr 16(%ecx)
        fnstcw  20(%ecx)

        ldmxcsr 8(%esp)
        fldcw   12(%esp)
        addl    $28, %esp
        .cfi_adjust_cfa_offset -28
        POP     edi
        POP     esi
        POP     ebx
        POP     ebp
        ret
        .cfi_endproc
        .size   jiffy_test_switch_with_canaries, . - jiffy_test_switch_with_canaries

        .section .note.GNU-stack, "", @progbits
