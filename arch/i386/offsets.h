// Offsets of i386's Context, for assembly and C++ alike; context.h asserts each
// of them.
#ifndef JIFFY_ARCH_I386_OFFSETS_H_
#define JIFFY_ARCH_I386_OFFSETS_H_

#define JIFFY_CONTEXT_SP 0
#define JIFFY_CONTEXT_THREAD_POINTER 4
#define JIFFY_CONTEXT_MXCSR 8
#define JIFFY_CONTEXT_X87_CONTROL 12
#define JIFFY_CONTEXT_ENTRY 16
#define JIFFY_CONTEXT_SIZE 20

// Flags of a segment of 4 GiB for data, as the kernel's struct user_desc has
// them: 32 bits, its limit in pages, usable.
#define JIFFY_SEGMENT_FLAGS 0x51
#define JIFFY_SEGMENT_LIMIT 0xfffff

#endif  // JIFFY_ARCH_I386_OFFSETS_H_
