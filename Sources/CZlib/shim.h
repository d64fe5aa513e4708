#pragma once

#include <zlib.h>

/// `inflateInit2` is a macro, which Swift does not import; 16 asks for the gzip format with its
/// checksum.
static inline int lrnet_inflateInitGzip(z_streamp stream) {
    return inflateInit2(stream, 16 + MAX_WBITS);
}

/// A negative window asks for deflate without header and checksum, as zip archives hold it.
static inline int lrnet_inflateInitRaw(z_streamp stream) { return inflateInit2(stream, -MAX_WBITS); }

