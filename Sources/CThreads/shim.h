#pragma once

// Swift imports neither `sched_setaffinity` (it needs _GNU_SOURCE) nor the variadic `syscall` nor malloc.h, and
// has no instruction for a thread that waits in a loop.

#ifdef __linux__
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// Binds the calling thread to one core; 0 if that succeeded.
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

/// Has all threads allocate from one heap: glibc reserves 64 MiB of addresses for each further one.
static inline void lrnet_save_addresses(void) {
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 1);
#endif
}

/// Tells the core that the calling thread waits in a loop.
static inline void lrnet_spin_hint(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
