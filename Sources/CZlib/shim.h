#pragma once

#include <zlib.h>

/// Calls `inflateInit2`, a macro that Swift does not import.
static inline int lrnet_inflateInit(z_streamp stream, int windowBits) {
    return inflateInit2(stream, windowBits);
}
