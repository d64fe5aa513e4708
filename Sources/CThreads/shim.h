#pragma once

// Swift imports neither `sched_setaffinity` (it needs _GNU_SOURCE) nor the variadic `syscall`.

#ifdef __linux__
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
