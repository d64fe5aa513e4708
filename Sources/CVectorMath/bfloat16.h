#pragma once

#include "shim.h"
#if defined(__AMX_BF16__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

// Operations on bfloat16 values. A word contains two of them: the first in its low half.

typedef uint16_t lrnet_ushort16 __attribute__((ext_vector_type(16)));

/// Returns 1 if this build may use the dot products of AVX-512 BF16, else 0.
static inline int lrnet_has_bfloat_dot(void) {
#ifdef __AVX512BF16__
    return 1;
#else
    return 0;
#endif
}

/// Rounds each lane to the nearest bfloat16 value, ties to even, in the low half of a word.
/// Denormal numbers become 0.
static inline __attribute__((always_inline)) lrnet_uint16 lrnet_rounded_to_bfloat(lrnet_float16 x) {
#ifdef __AVX512BF16__
    return (lrnet_uint16)_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)x));
#else
    lrnet_uint16 bits = (lrnet_uint16)x;
    lrnet_uint16 magnitude = bits & 0x7fffffffu;
    lrnet_uint16 is_nan = (lrnet_uint16)(magnitude > 0x7f800000u);
    lrnet_uint16 is_denormal = (lrnet_uint16)(magnitude < 0x00800000u);
    lrnet_uint16 nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    lrnet_uint16 finite = (is_denormal & (bits >> 16) & 0x8000u) | (~is_denormal & nearest);
    return (is_nan & ((bits >> 16) | 0x40u)) | (~is_nan & finite);
#endif
}

/// Stores the 16 low halves of `words` as 8 words: pairs of neighboring lanes.
static inline __attribute__((always_inline)) void
lrnet_store_low_halves(lrnet_uint16 words, float *_Nonnull target) {
#ifdef __AVX512F__
    _mm256_storeu_si256((__m256i *)target, _mm512_cvtepi32_epi16((__m512i)words));
#else
    lrnet_ushort16 halves = __builtin_convertvector(words, lrnet_ushort16);
    __builtin_memcpy(target, &halves, sizeof halves);
#endif
}

#ifndef __AVX512BF16__
/// Returns `a * b + c` of each lane, rounded once. A denormal result becomes 0.
static inline __attribute__((always_inline)) lrnet_float16
lrnet_flushed_fma(lrnet_float16 a, lrnet_float16 b, lrnet_float16 c) {
    lrnet_uint16 bits = (lrnet_uint16)__builtin_elementwise_fma(a, b, c);
    lrnet_uint16 is_denormal = (lrnet_uint16)((bits & 0x7fffffffu) < 0x00800000u);
    return (lrnet_float16)(bits & ~(is_denormal & 0x7fffffffu));
}
#endif

/// Returns `(sums + a1 b1) + a0 b0` of each lane, with both sums rounded once, where `a0` is the low
/// half of a word and `a1` the high half. Denormal sums become 0.
static inline __attribute__((always_inline)) lrnet_float16
lrnet_dot_bfloats(lrnet_float16 sums, lrnet_float16 a, lrnet_float16 b) {
#ifdef __AVX512BF16__
    return (lrnet_float16)_mm512_dpbf16_ps((__m512)sums, (__m512bh)a, (__m512bh)b);
#else
    lrnet_uint16 x = (lrnet_uint16)a, y = (lrnet_uint16)b;
    lrnet_float16 high = lrnet_flushed_fma(
        (lrnet_float16)(x & 0xffff0000u), (lrnet_float16)(y & 0xffff0000u), sums);
    return lrnet_flushed_fma((lrnet_float16)(x << 16), (lrnet_float16)(y << 16), high);
#endif
}

// Matrix tiles (AMX). Tiles 0 to 3 are the sums of 32 rows and 32 columns, tiles 4 and 5 the left
// factor, tiles 6 and 7 the right factor. Strides are in bytes.

/// Returns 1 if this build may use the tiles of AMX BF16, else 0.
static inline int lrnet_has_tiles(void) {
#if defined(__AMX_BF16__) && defined(__linux__)
    return 1;
#else
    return 0;
#endif
}

/// Requests the tiles from the kernel, for all threads of the process. Returns 0 if they may be used.
static inline long lrnet_request_tiles(void) {
#if defined(__AMX_BF16__) && defined(__linux__)
    const long request = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, request, tile_data);
#else
    return -1;
#endif
}

/// Sets the sizes of the tiles: `rows` (1 to 32) and `columns` (1 to 32) of the sums.
static inline void lrnet_configure_tiles(long rows, long columns) {
#if defined(__AMX_BF16__) && defined(__linux__)
    struct __attribute__((packed, aligned(64))) {
        uint8_t palette, start, unused[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } sizes = {.palette = 1};
    uint8_t upper = rows < 16 ? rows : 16, lower = rows - upper;
    uint16_t left = 4 * (columns < 16 ? columns : 16), right = 4 * columns - left;
    for (int i = 0; i < 4; i++) {
        uint16_t bytes = i % 2 == 0 ? left : right;
        uint8_t count = i < 2 ? upper : lower;
        sizes.bytes[i] = count == 0 ? 0 : bytes;
        sizes.rows[i] = bytes == 0 ? 0 : count;
    }
    sizes.bytes[4] = 64, sizes.rows[4] = upper;
    if (lower > 0) sizes.bytes[5] = 64, sizes.rows[5] = lower;
    sizes.bytes[6] = left, sizes.rows[6] = 16;
    if (right > 0) sizes.bytes[7] = right, sizes.rows[7] = 16;
    _tile_loadconfig(&sizes);
#else
    (void)rows, (void)columns;
#endif
}

/// Ends the use of the tiles, so that the kernel need not save them.
static inline void lrnet_release_tiles(void) {
#if defined(__AMX_BF16__) && defined(__linux__)
    _tile_release();
#endif
}

/// Sets the sums to 0.
static inline __attribute__((always_inline)) void lrnet_clear_tiles(int has_lower, int has_right) {
#if defined(__AMX_BF16__) && defined(__linux__)
    _tile_zero(0);
    if (has_right) _tile_zero(1);
    if (has_lower) _tile_zero(2);
    if (has_lower && has_right) _tile_zero(3);
#else
    (void)has_lower, (void)has_right;
#endif
}

/// Loads the sums from rows of 32 values.
static inline __attribute__((always_inline)) void
lrnet_load_tiles(const float *_Nonnull c, long stride, int has_lower, int has_right) {
#if defined(__AMX_BF16__) && defined(__linux__)
    const float *lower = (const float *)((const char *)c + 16 * stride);
    _tile_loadd(0, c, stride);
    if (has_right) _tile_loadd(1, c + 16, stride);
    if (has_lower) _tile_loadd(2, lower, stride);
    if (has_lower && has_right) _tile_loadd(3, lower + 16, stride);
#else
    (void)c, (void)stride, (void)has_lower, (void)has_right;
#endif
}

/// Stores the sums to rows of 32 values.
static inline __attribute__((always_inline)) void
lrnet_store_tiles(float *_Nonnull c, long stride, int has_lower, int has_right) {
#if defined(__AMX_BF16__) && defined(__linux__)
    float *lower = (float *)((char *)c + 16 * stride);
    _tile_stored(0, c, stride);
    if (has_right) _tile_stored(1, c + 16, stride);
    if (has_lower) _tile_stored(2, lower, stride);
    if (has_lower && has_right) _tile_stored(3, lower + 16, stride);
#else
    (void)c, (void)stride, (void)has_lower, (void)has_right;
#endif
}

/// Adds the products of 32 terms to the sums.
///
/// A tile sums the terms with even and with odd numbers in order, from 0, each with one rounding, and
/// then adds `even + odd` to its sums. Denormal results become 0.
///
/// - upper, lower: 16 words (32 terms) of each row of the left factor.
/// - right: 16 rows of 32 words (pairs of terms) of the right factor.
static inline __attribute__((always_inline)) void lrnet_multiply_tiles(
    const float *_Nonnull upper, const float *_Nonnull lower, long left_stride,
    const float *_Nonnull right, long right_stride, int has_lower, int has_right) {
#if defined(__AMX_BF16__) && defined(__linux__)
    _tile_loadd(4, upper, left_stride);
    _tile_loadd(6, right, right_stride);
    _tile_dpbf16ps(0, 4, 6);
    if (has_right) {
        _tile_loadd(7, right + 16, right_stride);
        _tile_dpbf16ps(1, 4, 7);
    }
    if (has_lower) {
        _tile_loadd(5, lower, left_stride);
        _tile_dpbf16ps(2, 5, 6);
        if (has_right) _tile_dpbf16ps(3, 5, 7);
    }
#else
    (void)upper, (void)lower, (void)left_stride, (void)right, (void)right_stride;
    (void)has_lower, (void)has_right;
#endif
}
