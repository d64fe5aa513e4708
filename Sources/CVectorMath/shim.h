#pragma once

// Vector operations that Swift's SIMD types lack or compile to one scalar call a lane
// (`SIMD16<Float>.squareRoot()`, `addingProduct`). Each is one clang built-in, so the same
// source serves AVX-512 (one instruction), AVX2 (two) and any other target.

typedef float lrnet_float16 __attribute__((ext_vector_type(16)));

/// The square root of each lane, correctly rounded.
static inline __attribute__((always_inline)) lrnet_float16 lrnet_sqrt(lrnet_float16 x) {
    return __builtin_elementwise_sqrt(x);
}

/// `a * b + c` of each lane, rounded once.
static inline __attribute__((always_inline)) lrnet_float16
lrnet_fma(lrnet_float16 a, lrnet_float16 b, lrnet_float16 c) {
    return __builtin_elementwise_fma(a, b, c);
}

/// Whether this build may use the 32 registers of AVX-512.
static inline int lrnet_has_avx512(void) {
#ifdef __AVX512F__
    return 1;
#else
    return 0;
#endif
}
