// jiffy_call_from_suspended for i386; see arch/suspended.h.
//
// On the stack: stack pointer of the suspended task; function; its argument.
// An unwinder takes the caller's stack pointer from ebx and the return address
// from where ebp points.
        .text
        .globl  jiffy_call_from_suspended
        .hidden jiffy_call_from_suspended
        .type   jiffy_call_from_suspended, @function
jiffy_call_from_suspended:
        .cfi_startproc
#ifdef __CET__
        endbr32
#endif
        pushl   %ebx
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset ebx, 0
        pushl   %ebp
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset ebp, 0
        call    .Lhere
        .cfi_adjust_cfa_offset 4
.Lhere:
        addl    $(jiffy_switch_suspended - .Lhere), (%esp)
        movl    16(%esp), %ebx
        movl    %esp, %ebp
        .cfi_remember_state
        .cfi_escape 0x0f, 2, 0x73, 0            // CFA: ebx.
        .cfi_escape 0x10, 8, 2, 0x75, 0         // eip: at ebp.
        subl    $12, %esp                       // 16-byte alignment.
        pushl   24(%ebp)
        call    *20(%ebp)
        addl    $16, %esp
        .cfi_restore_state
        addl    $4, %esp
        .cfi_adjust_cfa_offset -4
        popl    %ebp
        .cfi_adjust_cfa_offset -4
        .cfi_restore ebp
        popl    %ebx
        .cfi_adjust_cfa_offset -4
        .cfi_restore ebx
        ret
        .cfi_endproc
        .size   jiffy_call_from_suspended, . - jiffy_call_from_suspended

        .section .note.GNU-stack, "", @progbits
