#pragma once

#include <stdint.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

// Vector operations that Swift's SIMD types lack or compile to one scalar call per lane
// (`SIMD16<Float>.squareRoot()`, `addingProduct`). Most are a single clang built-in, so the same
// source serves AVX-512 (one instruction), AVX2 (two) and any other target.

typedef float lrnet_float16 __attribute__((ext_vector_type(16)));

typedef uint32_t lrnet_uint16 __attribute__((ext_vector_type(16)));
typedef int lrnet_int16 __attribute__((ext_vector_type(16)));
typedef unsigned int lrnet_uint8 __attribute__((ext_vector_type(8)));
typedef uint64_t lrnet_ulong8 __attribute__((ext_vector_type(8)));

/// Converts each lane to a float, rounded to nearest.
static inline __attribute__((always_inline)) lrnet_float16 lrnet_float_of_uint(lrnet_uint16 x) {
    return __builtin_convertvector(x, lrnet_float16);
}

/// Converts each lane to a float, rounded to nearest.
static inline __attribute__((always_inline)) lrnet_float16 lrnet_float_of_int(lrnet_int16 x) {
    return __builtin_convertvector(x, lrnet_float16);
}

/// Returns the low halves of the lanes.
static inline __attribute__((always_inline)) lrnet_uint8 lrnet_low_halves(lrnet_ulong8 x) {
    return __builtin_convertvector(x, lrnet_uint8);
}

/// Widens each lane to 64 bits with zeros.
static inline __attribute__((always_inline)) lrnet_ulong8 lrnet_widened(lrnet_uint8 x) {
    return __builtin_convertvector(x, lrnet_ulong8);
}

/// Returns the first `count` (0 to 16) floats at `source`, then zeros. Reads nothing after those
/// floats.
static inline __attribute__((always_inline)) lrnet_float16
lrnet_load_partial(const float *_Nonnull source, long count) {
#ifdef __AVX512F__
    return (lrnet_float16)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), source);
#else
    lrnet_float16 result = 0;
    for (long i = 0; i < count; i++) result[i] = source[i];
    return result;
#endif
}

/// Stores the first `count` (0 to 16) lanes. Writes nothing after them.
static inline __attribute__((always_inline)) void
lrnet_store_partial(lrnet_float16 value, float *_Nonnull target, long count) {
#ifdef __AVX512F__
    _mm512_mask_storeu_ps(target, (__mmask16)((1u << count) - 1), (__m512)value);
#else
    for (long i = 0; i < count; i++) target[i] = value[i];
#endif
}

/// Returns the square root of each lane, correctly rounded.
static inline __attribute__((always_inline)) lrnet_float16 lrnet_sqrt(lrnet_float16 x) {
    return __builtin_elementwise_sqrt(x);
}

/// Returns `a * b + c` of each lane, rounded once.
static inline __attribute__((always_inline)) lrnet_float16
lrnet_fma(lrnet_float16 a, lrnet_float16 b, lrnet_float16 c) {
    return __builtin_elementwise_fma(a, b, c);
}

/// Stores a vector and bypasses the caches. The address is a multiple of 64 bytes.
/// ``lrnet_finish_streaming`` must be called before another thread reads the vector.
static inline __attribute__((always_inline)) void
lrnet_stream(lrnet_float16 value, float *_Nonnull target) {
#ifdef __AVX512F__
    _mm512_stream_ps(target, (__m512)value);
#else
    __builtin_memcpy(target, &value, sizeof value);
#endif
}

/// Makes the vectors stored by ``lrnet_stream`` visible to other threads.
static inline __attribute__((always_inline)) void lrnet_finish_streaming(void) {
#ifdef __AVX512F__
    _mm_sfence();
#endif
}

/// Writes the transpose of 16 x 16 floats. Strides are in floats.
static inline void lrnet_transpose16(
    const float *_Nonnull source, long source_stride, float *_Nonnull target, long target_stride) {
#ifdef __AVX512F__
    __m512 r[16], t[16];
    for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_ps(source + i * source_stride);
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        // In each 128-bit lane l: row c of r[i / 4 * 4 + c] holds column 4 l + c of four rows.
        r[i] = (__m512)_mm512_unpacklo_pd((__m512d)t[i], (__m512d)t[i + 2]);
        r[i + 1] = (__m512)_mm512_unpackhi_pd((__m512d)t[i], (__m512d)t[i + 2]);
        r[i + 2] = (__m512)_mm512_unpacklo_pd((__m512d)t[i + 1], (__m512d)t[i + 3]);
        r[i + 3] = (__m512)_mm512_unpackhi_pd((__m512d)t[i + 1], (__m512d)t[i + 3]);
    }
    for (int c = 0; c < 4; c++) {
        __m512 low = _mm512_shuffle_f32x4(r[c], r[4 + c], 0x88);
        __m512 lowOdd = _mm512_shuffle_f32x4(r[c], r[4 + c], 0xdd);
        __m512 high = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0x88);
        __m512 highOdd = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0xdd);
        _mm512_storeu_ps(target + c * target_stride, _mm512_shuffle_f32x4(low, high, 0x88));
        _mm512_storeu_ps(target + (4 + c) * target_stride, _mm512_shuffle_f32x4(lowOdd, highOdd, 0x88));
        _mm512_storeu_ps(target + (8 + c) * target_stride, _mm512_shuffle_f32x4(low, high, 0xdd));
        _mm512_storeu_ps(target + (12 + c) * target_stride, _mm512_shuffle_f32x4(lowOdd, highOdd, 0xdd));
    }
#else
    for (long i = 0; i < 16; i++)
        for (long j = 0; j < 16; j++) target[j * target_stride + i] = source[i * source_stride + j];
#endif
}

/// Returns 1 if this build may use AVX-512 and its 32 registers, else 0.
static inline int lrnet_has_avx512(void) {
#ifdef __AVX512F__
    return 1;
#else
    return 0;
#endif
}
