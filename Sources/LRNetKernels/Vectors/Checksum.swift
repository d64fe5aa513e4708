/// A checksum of Float32 values, to compare copies that must have the same bits.
///
/// With K = ceil(n / 16) and bits of 0 after the last value, each lane j = 0 ... 15 computes
///
///     h_j = sum over k of bits(x[16 k + j]) * m^(K - 1 - k)   mod 2^32
///
/// and the lanes are folded into 64 bits. The multiplier m is odd, so a change of one value always
/// changes the checksum. It is not a cryptographic hash.
package enum Checksum {
    /// Returns the checksum of the values, in the order of memory.
    package static func of(_ view: FloatView) -> UInt64 {
        let values = UnsafeRawPointer(view.pointer)
        let whole = view.count / lanes * lanes
        let multiplier = SIMD16<UInt32>(repeating: Self.multiplier)
        var sums = SIMD16<UInt32>.zero
        for first in stride(from: 0, to: whole, by: lanes) {
            sums =
                sums &* multiplier
                &+ values.loadUnaligned(
                    fromByteOffset: first * MemoryLayout<Float>.stride, as: SIMD16<UInt32>.self)
        }
        if whole < view.count {
            var rest = SIMD16<UInt32>.zero
            for index in whole..<view.count { rest[index - whole] = view[index].bitPattern }
            sums = sums &* multiplier &+ rest
        }
        return fold(sums)
    }

    private static let lanes = 16

    /// 2^32 divided by the golden ratio, rounded to an odd number.
    private static let multiplier: UInt32 = 0x9E37_79B1

    /// Joins the lanes by FNV-1a, with words instead of bytes.
    private static func fold(_ sums: SIMD16<UInt32>) -> UInt64 {
        var result: UInt64 = 0xCBF2_9CE4_8422_2325
        for lane in 0..<lanes { result = (result ^ UInt64(sums[lane])) &* 0x100_0000_01B3 }
        return result
    }
}
