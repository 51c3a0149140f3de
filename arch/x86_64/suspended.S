// jiffy_call_from_suspended for x86-64; see arch/suspended.h.
//
//   rdi: stack pointer of the suspended task; rsi: function; rdx: its argument
//
// An unwinder takes the caller's stack pointer from rbx and the return address
// from where rbp points.
        .text
        .globl  jiffy_call_from_suspended
        .hidden jiffy_call_from_suspended
        .type   jiffy_call_from_suspended, @function
jiffy_call_from_suspended:
        .cfi_startproc
#ifdef __CET__
        endbr64
#endif
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbx, 0
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        leaq    jiffy_switch_suspended(%rip), %rax
        pushq   %rax
        .cfi_adjust_cfa_offset 8
        movq    %rdi, %rbx
        movq    %rsp, %rbp
        .cfi_remember_state
        .cfi_escape 0x0f, 2, 0x73, 0            // CFA: rbx.
        .cfi_escape 0x10, 16, 2, 0x76, 0        // rip: at rbp.
        movq    %rdx, %rdi
        call    *%rsi
        .cfi_restore_state
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbx
        ret
        .cfi_endproc
        .size   jiffy_call_from_suspended, . - jiffy_call_from_suspended

        .section .note.GNU-stack, "", @progbits
