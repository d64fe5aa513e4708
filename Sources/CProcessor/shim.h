#pragma once

// A program that is built for another CPU would end with SIGILL. A constructor says in one line which
// feature the CPU lacks, before any other code of the program runs.
//
// `-Xcc -march` selects the instructions of Swift code, too. Therefore the check is C code that
// `target` restricts to those of every x86-64 CPU.

#if defined(__x86_64__) && defined(__linux__)

#include <unistd.h>

// errno.h declares it for _GNU_SOURCE only.
extern char *_Nonnull program_invocation_short_name;

// F(macro of the compiler, name, register, bit): the features that code can need without asking for
// them. Registers are those of `lrnet_cpu`.
#define LRNET_CPU_FEATURES(F)                                                                      \
    F(__SSE3__, "sse3", basic, 0)                                                                  \
    F(__SSSE3__, "ssse3", basic, 9)                                                                \
    F(__SSE4_1__, "sse4.1", basic, 19)                                                             \
    F(__SSE4_2__, "sse4.2", basic, 20)                                                             \
    F(__POPCNT__, "popcnt", basic, 23)                                                             \
    F(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16, "cmpxchg16b", basic, 13)                                \
    F(__AVX__, "avx", avx, 28)                                                                     \
    F(__AVX2__, "avx2", vector, 5)                                                                 \
    F(__FMA__, "fma", avx, 12)                                                                     \
    F(__F16C__, "f16c", avx, 29)                                                                   \
    F(__BMI__, "bmi", structured, 3)                                                               \
    F(__BMI2__, "bmi2", structured, 8)                                                             \
    F(__LZCNT__, "lzcnt", extended, 5)                                                             \
    F(__MOVBE__, "movbe", basic, 22)                                                               \
    F(__ADX__, "adx", structured, 19)                                                              \
    F(__XOP__, "xop", extended, 11)                                                                \
    F(__FMA4__, "fma4", extended, 16)                                                              \
    F(__TBM__, "tbm", extended, 21)                                                                \
    F(__AVX512F__, "avx512f", wide, 16)                                                            \
    F(__AVX512BW__, "avx512bw", wide, 30)                                                          \
    F(__AVX512CD__, "avx512cd", wide, 28)                                                          \
    F(__AVX512DQ__, "avx512dq", wide, 17)                                                          \
    F(__AVX512VL__, "avx512vl", wide, 31)                                                          \
    F(__AVX512IFMA__, "avx512ifma", wide, 21)                                                      \
    F(__AVX512VBMI__, "avx512_vbmi", wide_c, 1)                                                    \
    F(__AVX512VBMI2__, "avx512_vbmi2", wide_c, 6)                                                  \
    F(__AVX512VNNI__, "avx512_vnni", wide_c, 11)                                                   \
    F(__AVX512BITALG__, "avx512_bitalg", wide_c, 12)                                               \
    F(__AVX512VPOPCNTDQ__, "avx512_vpopcntdq", wide_c, 14)                                         \
    F(__AVX512BF16__, "avx512_bf16", wide_more, 5)                                                 \
    F(__AVX512FP16__, "avx512_fp16", wide_d, 23)                                                   \
    F(__GFNI__, "gfni", structured_c, 8)                                                           \
    F(__AVXVNNI__, "avx_vnni", vector_more, 4)                                                     \
    F(__AVXIFMA__, "avx_ifma", vector_more, 23)                                                    \
    F(__AVXNECONVERT__, "avx_ne_convert", vector_more_d, 5)                                        \
    F(__MOVDIRI__, "movdiri", structured_c, 27)

// 1 if the macro is defined as 1, else 0: `LRNET_ONE_1` inserts an argument in front of the 0.
#define LRNET_ONE_1 0,
#define LRNET_SECOND(first, second, ...) second
#define LRNET_IS_ONE_3(first) LRNET_SECOND(first 1, 0, 0)
#define LRNET_IS_ONE_2(value) LRNET_IS_ONE_3(LRNET_ONE_##value)
#define LRNET_IS_ONE(macro) LRNET_IS_ONE_2(macro)

// Neither vector registers nor the newer instructions of general ones.
#define LRNET_ANY_CPU                                                                              \
    __attribute__((target("general-regs-only,no-adx,no-bmi,no-bmi2,no-lzcnt,no-movbe,no-popcnt")))

#define LRNET_CPUID(leaf, subleaf, a, b, c, d)                                                     \
    __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(leaf), "2"(subleaf))

/// Ends the process with exit code 78 if the CPU lacks a feature that this program is built for.
__attribute__((constructor(101))) LRNET_ANY_CPU static void lrnet_check_processor(void) {
    unsigned a, b, c, d, last, last_extended;
    unsigned basic = 0, structured = 0, structured_c = 0, structured_d = 0, extended = 0;
    unsigned more = 0, more_d = 0, state = 0;
    LRNET_CPUID(0, 0, last, b, c, d);
    LRNET_CPUID(0x80000000u, 0, last_extended, b, c, d);
    LRNET_CPUID(1, 0, a, b, basic, d);
    if (last >= 7) {
        unsigned subleaves;
        LRNET_CPUID(7, 0, subleaves, structured, structured_c, structured_d);
        if (subleaves >= 1) LRNET_CPUID(7, 1, more, b, c, more_d);
    }
    if (last_extended >= 0x80000001u) LRNET_CPUID(0x80000001u, 0, a, b, extended, d);
    // Vectors can be used if the operating system saves their registers.
    if (basic >> 27 & 1) __asm__ volatile("xgetbv" : "=a"(state), "=d"(d) : "c"(0));
    const unsigned has_vectors = (state & 6) == 6 ? ~0u : 0u;
    const unsigned has_wide = (state & 0xe6) == 0xe6 ? ~0u : 0u;
    const struct {
        unsigned basic, avx, structured, structured_c, extended;
        unsigned vector, vector_more, vector_more_d, wide, wide_c, wide_d, wide_more;
    } lrnet_cpu = {
        basic, basic & has_vectors, structured, structured_c, extended,
        structured & has_vectors, more & has_vectors, more_d & has_vectors,
        structured & has_wide, structured_c & has_wide, structured_d & has_wide, more & has_wide,
    };

    const char *missing = 0;
#define LRNET_TEST(macro, name, register, bit)                                                     \
    if (LRNET_IS_ONE(macro) && !missing && !(lrnet_cpu.register >> bit & 1)) missing = name;
    LRNET_CPU_FEATURES(LRNET_TEST)
#undef LRNET_TEST
    if (!missing) return;

    // The microarchitecture levels of the x86-64 psABI.
    const unsigned second = 1u | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23;
    const char *level = "x86-64";
    if ((basic & second) == second) {
        level = "x86-64-v2";
        const unsigned third = 1u << 12 | 1u << 28 | 1u << 29, bits = 1u << 3 | 1u << 5 | 1u << 8;
        if ((lrnet_cpu.avx & third) == third && (lrnet_cpu.vector & bits) == bits
            && extended >> 5 & 1 && basic >> 22 & 1)
            level = "x86-64-v3";
        const unsigned fourth = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
        if (level[8] == '3' && (lrnet_cpu.wide & fourth) == fourth) level = "x86-64-v4";
    }

    unsigned words[13] = {0};
    if (last_extended >= 0x80000004u) {
        for (unsigned i = 0; i < 3; i++)
            LRNET_CPUID(0x80000002u + i, 0, words[4 * i], words[4 * i + 1], words[4 * i + 2],
                words[4 * i + 3]);
    }
    // Some models start with spaces.
    const char *model = (const char *)words;
    while (*model == ' ') model++;
    char host[256];
    if (gethostname(host, sizeof host) != 0) host[0] = 0;
    host[sizeof host - 1] = 0;

    const char *parts[] = {
        program_invocation_short_name, ": this program needs a CPU with ", missing,
        ", which that of ", *host ? host : "this machine", " (", *model ? model : "unknown",
        ") lacks; use a package for ", level, ", or build with LRNET_MARCH=", level, "\n",
    };
    char line[1024];
    unsigned long length = 0;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *p = parts[i]; *p && length < sizeof line; p++) line[length++] = *p;
    (void)!write(2, line, length);
    _exit(78);
}

#else

/// Other systems have no check.
static inline void lrnet_check_processor(void) {}

#endif

/// Returns the CPUs that this program is built for, such as `x86-64-v3`. `+` means that it needs
/// more than that level has.
static inline const char *_Nonnull lrnet_target_processor(void) {
#if !defined(__x86_64__)
#ifdef __aarch64__
    return "aarch64";
#else
    return "this CPU";
#endif
#elif defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#if defined(__AVX512VBMI__) || defined(__AVX512VNNI__) || defined(__AVX512IFMA__) || defined(__ADX__)
    return "x86-64-v4+";
#else
    return "x86-64-v4";
#endif
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__) && defined(__BMI__) && defined(__BMI2__) && defined(__LZCNT__) && defined(__MOVBE__)
#if defined(__ADX__) || defined(__AVX512F__) || defined(__AVXVNNI__)
    return "x86-64-v3+";
#else
    return "x86-64-v3";
#endif
#elif defined(__SSE4_2__) && defined(__POPCNT__)
#ifdef __AVX__
    return "x86-64-v2+";
#else
    return "x86-64-v2";
#endif
#else
    return "x86-64";
#endif
}
