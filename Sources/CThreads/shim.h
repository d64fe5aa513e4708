#pragma once

// Swift does not import `sched_setaffinity` (which needs _GNU_SOURCE), the variadic `syscall` or
// malloc.h. It also has no instruction for a thread that waits in a loop.

#ifdef __linux__
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// Binds the calling thread to one core. Returns 0 on success, -1 otherwise.
static inline int lrnet_bind_thread(unsigned core) {
#ifdef __linux__
    unsigned long mask[16] = {0};
    if (core >= 8 * sizeof mask) return -1;
    mask[core / (8 * sizeof *mask)] = 1UL << core % (8 * sizeof *mask);
    return (int)syscall(SYS_sched_setaffinity, 0, sizeof mask, mask) < 0 ? -1 : 0;
#else
    return -1;
#endif
}

/// Makes all threads allocate from one heap. glibc reserves 64 MiB of address space for each
/// additional heap.
static inline void lrnet_save_addresses(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 1);
#endif
}

/// Tells the CPU core that the calling thread is waiting in a loop.
static inline void lrnet_spin_hint(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
