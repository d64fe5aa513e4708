internal import CVectorMath

/// The counter-based generator Philox4x32-10: a bijection of a 128-bit counter under a 64-bit key.
///
///     round: (c0, c1, c2, c3) <- (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0))
///     key:   (k0, k1) <- (k0 + W0, k1 + W1)            between rounds; ten rounds in all
///
/// The generator has no state. Equal counters and keys produce equal bits on any rank, thread or
/// machine.
///
/// Naive twin: `Reference.philox`.
///
/// - Source: Salmon, Moraes, Dror, Shaw, *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011.
package enum Philox {
    static let multiplier0: UInt32 = 0xD251_1F53
    static let multiplier1: UInt32 = 0xCD9E_8D57
    static let weyl0: UInt32 = 0x9E37_79B9
    static let weyl1: UInt32 = 0xBB67_AE85

    static let roundCount = 10

    /// Returns four random words for one counter.
    package static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var counter = counter
        var key = key
        for round in 0..<roundCount {
            if round > 0 { key = SIMD2(key.x &+ weyl0, key.y &+ weyl1) }
            let product0 = multiplier0.multipliedFullWidth(by: counter.x)
            let product1 = multiplier1.multipliedFullWidth(by: counter.z)
            counter = SIMD4(
                product1.high ^ counter.y ^ key.x, product1.low,
                product0.high ^ counter.w ^ key.y, product0.low)
        }
        return counter
    }
}

/// Sixteen Philox blocks with consecutive first counter words, computed side by side.
///
/// Lane `l` of word `w` equals word `w` of `Philox.block` for the first counter word `first + l`.
struct PhiloxVector {
    /// The four words, of sixteen lanes each.
    var word0, word1, word2, word3: SIMD16<UInt32>

    /// Computes the blocks `first ..< first + 16` (the addition wraps) of the counters
    /// `(block, rest)`.
    @inline(__always)
    init(first: UInt32, rest: (UInt32, UInt32, UInt32), key: SIMD2<UInt32>) {
        let lanes = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        let blocks = SIMD16<UInt32>(repeating: first) &+ lanes
        let low = Self.half(blocks.lowHalf, rest: rest, key: key)
        let high = Self.half(blocks.highHalf, rest: rest, key: key)
        word0 = SIMD16(lowHalf: low.0, highHalf: high.0)
        word1 = SIMD16(lowHalf: low.1, highHalf: high.1)
        word2 = SIMD16(lowHalf: low.2, highHalf: high.2)
        word3 = SIMD16(lowHalf: low.3, highHalf: high.3)
    }

    /// Computes eight blocks. Words are stored in 64-bit lanes whose upper halves are zero, so that
    /// a product is one widening multiplication.
    @inline(__always)
    private static func half(
        _ blocks: SIMD8<UInt32>, rest: (UInt32, UInt32, UInt32), key: SIMD2<UInt32>
    ) -> (SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>) {
        typealias Wide = SIMD8<UInt64>
        let mask = Wide(repeating: 0xFFFF_FFFF)
        let shift = Wide(repeating: 32)
        let factor0 = Wide(repeating: UInt64(Philox.multiplier0))
        let factor1 = Wide(repeating: UInt64(Philox.multiplier1))
        var c0 = lrnet_widened(blocks)
        var c1 = Wide(repeating: UInt64(rest.0))
        var c2 = Wide(repeating: UInt64(rest.1))
        var c3 = Wide(repeating: UInt64(rest.2))
        var key0 = key.x
        var key1 = key.y
        for _ in 0..<Philox.roundCount {
            let product0 = (c0 & mask) &* factor0
            let product1 = (c2 & mask) &* factor1
            c0 = (product1 &>> shift) ^ c1 ^ Wide(repeating: UInt64(key0))
            c1 = product1 & mask
            c2 = (product0 &>> shift) ^ c3 ^ Wide(repeating: UInt64(key1))
            c3 = product0 & mask
            key0 = key0 &+ Philox.weyl0
            key1 = key1 &+ Philox.weyl1
        }
        return (
            lrnet_low_halves(c0), lrnet_low_halves(c1), lrnet_low_halves(c2), lrnet_low_halves(c3)
        )
    }
}
