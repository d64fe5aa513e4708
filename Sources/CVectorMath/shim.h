#pragma once

#include <stdint.h>
#if defined(__AVX512F__) || defined(__AVX2__)
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

// Vectors of 64 bytes are passed as sixteen words.

typedef uint8_t lrnet_bytes64 __attribute__((ext_vector_type(64)));

/// Returns 1 if this build may use the dot products of bytes of AVX-512 VNNI, else 0.
static inline int lrnet_has_vnni(void) {
#ifdef __AVX512VNNI__
    return 1;
#else
    return 0;
#endif
}

/// Adds to each word of `sums` the four products of its unsigned bytes and the signed bytes of
/// another vector.
///
/// Without VNNI, the sum of two neighboring products must fit in 16 bits.
static inline __attribute__((always_inline)) lrnet_int16
lrnet_dot_bytes(lrnet_int16 sums, lrnet_int16 unsigned_bytes, lrnet_int16 signed_bytes) {
#if defined(__AVX512VNNI__)
    return (lrnet_int16)_mm512_dpbusd_epi32(
        (__m512i)sums, (__m512i)unsigned_bytes, (__m512i)signed_bytes);
#elif defined(__AVX512BW__)
    __m512i pairs = _mm512_maddubs_epi16((__m512i)unsigned_bytes, (__m512i)signed_bytes);
    return sums + (lrnet_int16)_mm512_madd_epi16(pairs, _mm512_set1_epi16(1));
#elif defined(__AVX2__)
    union { lrnet_int16 all; __m256i half[2]; } u = {unsigned_bytes}, s = {signed_bytes}, sum;
    for (int h = 0; h < 2; h++) {
        __m256i pairs = _mm256_maddubs_epi16(u.half[h], s.half[h]);
        sum.half[h] = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    }
    return sums + sum.all;
#else
    for (int i = 0; i < 16; i++) {
        for (int b = 0; b < 32; b += 8) {
            int left = (unsigned_bytes[i] >> b) & 0xff;
            sums[i] += left * (int8_t)((signed_bytes[i] >> b) & 0xff);
        }
    }
    return sums;
#endif
}

/// Returns the 2-bit codes at bit `2 * index` of each byte, minus 1, as signed bytes.
static inline __attribute__((always_inline)) lrnet_int16 lrnet_trits(lrnet_int16 codes, int index) {
    lrnet_int16 bits = (lrnet_int16)((lrnet_uint16)codes >> (2 * index)) & 0x03030303;
    return (lrnet_int16)((lrnet_bytes64)bits - (lrnet_bytes64)(uint8_t)1);
}

/// Returns the larger byte of each pair of unsigned bytes.
static inline __attribute__((always_inline)) lrnet_int16
lrnet_max_bytes(lrnet_int16 a, lrnet_int16 b) {
    return (lrnet_int16)__builtin_elementwise_max((lrnet_bytes64)a, (lrnet_bytes64)b);
}

/// Stores the first `count` (0 to 64) bytes. Writes nothing after them.
static inline __attribute__((always_inline)) void
lrnet_store_bytes(lrnet_int16 bytes, uint8_t *_Nonnull target, long count) {
#ifdef __AVX512BW__
    _mm512_mask_storeu_epi8(target, count >= 64 ? ~0ull : (1ull << count) - 1, (__m512i)bytes);
#else
    __builtin_memcpy(target, &bytes, (unsigned long)count);
#endif
}

/// Stores `round(clip(sums * factors, low, high)) + offset` of the first `count` (0 to 16) lanes as
/// bytes. Halves are rounded to even numbers.
static inline __attribute__((always_inline)) void lrnet_store_rounded(
    lrnet_int16 sums, lrnet_float16 factors, float low, float high, int offset,
    uint8_t *_Nonnull target, long count) {
    lrnet_float16 scaled = __builtin_convertvector(sums, lrnet_float16) * factors;
    lrnet_float16 clipped = __builtin_elementwise_min(
        __builtin_elementwise_max(scaled, (lrnet_float16)low), (lrnet_float16)high);
#ifdef __AVX512F__
    lrnet_int16 rounded = (lrnet_int16)_mm512_cvtps_epi32((__m512)clipped) + offset;
    _mm512_mask_cvtepi32_storeu_epi8(target, (__mmask16)((1u << count) - 1), (__m512i)rounded);
#else
    lrnet_int16 rounded =
        __builtin_convertvector(__builtin_elementwise_roundeven(clipped), lrnet_int16) + offset;
    for (long i = 0; i < count; i++) target[i] = (uint8_t)rounded[i];
#endif
}

/// Returns the entry of a table of 16 floats at the low four bits of each lane of `indices`.
static inline __attribute__((always_inline)) lrnet_float16
lrnet_entries(lrnet_float16 table, lrnet_uint16 indices) {
#ifdef __AVX512F__
    return (lrnet_float16)_mm512_permutexvar_ps((__m512i)indices, (__m512)table);
#elif defined(__AVX2__)
    union { lrnet_float16 all; __m256 half[2]; } values = {table}, result;
    union { lrnet_uint16 all; __m256i half[2]; } index = {indices};
    for (int h = 0; h < 2; h++) {
        __m256 low = _mm256_permutevar8x32_ps(values.half[0], index.half[h]);
        __m256 high = _mm256_permutevar8x32_ps(values.half[1], index.half[h]);
        // The sign bit of the mask selects: bit 3 of the index.
        __m256 mask = _mm256_castsi256_ps(_mm256_slli_epi32(index.half[h], 28));
        result.half[h] = _mm256_blendv_ps(low, high, mask);
    }
    return result.all;
#else
    lrnet_float16 result;
    for (int i = 0; i < 16; i++) result[i] = table[indices[i] & 15];
    return result;
#endif
}
