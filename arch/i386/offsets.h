// Offsets of i386's Context, for assembly and C++; context.h asserts each one.
#ifndef JIFFY_ARCH_I386_OFFSETS_H_
#define JIFFY_ARCH_I386_OFFSETS_H_

#define JIFFY_CONTEXT_SP 0
#define JIFFY_CONTEXT_THREAD_POINTER 4
#define JIFFY_CONTEXT_MXCSR 8
#define JIFFY_CONTEXT_X87_CONTROL 12
#define JIFFY_CONTEXT_ENTRY 16
#define JIFFY_CONTEXT_SIZE 20

// Flags of a 4 GiB data segment, as in the kernel's struct user_desc: 32 bits,
// limit in pages, usable.
#define JIFFY_SEGMENT_FLAGS 0x51
#define JIFFY_SEGMENT_LIMIT 0xfffff

#endif  // JIFFY_ARCH_I386_OFFSETS_H_
