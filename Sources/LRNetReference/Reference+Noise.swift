public import LRNetKernels

/// Random numbers from their keys, implemented from the documentation of ``NoiseKey``.
extension Reference {
    /// Computes Philox4x32-10 from the paper's description, with each word in 64 bits: the twin of
    /// `Philox`.
    @inlinable
    public static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        let low: UInt64 = 0xFFFF_FFFF
        var (c0, c1) = (UInt64(counter[0]), UInt64(counter[1]))
        var (c2, c3) = (UInt64(counter[2]), UInt64(counter[3]))
        var (k0, k1) = (UInt64(key[0]), UInt64(key[1]))
        for _ in 0..<10 {
            let a = 0xD251_1F53 * c0
            let b = 0xCD9E_8D57 * c2
            (c0, c1, c2, c3) = ((b >> 32) ^ c1 ^ k0, b & low, (a >> 32) ^ c3 ^ k1, a & low)
            (k0, k1) = ((k0 + 0x9E37_79B9) & low, (k1 + 0xBB67_AE85) & low)
        }
        return SIMD4(UInt32(c0), UInt32(c1), UInt32(c2), UInt32(c3))
    }

    /// Returns the four words of block `block` of a key's sequence, by the mapping that
    /// `NoiseKey` documents.
    @inlinable
    public static func words(_ key: NoiseKey, block: Int) -> SIMD4<UInt32> {
        let use = UInt32(key.purpose.rawValue) << 16 | UInt32(key.layer)
        return philox(
            counter: SIMD4(UInt32(block), key.index, key.step, use),
            key: SIMD2(UInt32(key.seed & 0xFFFF_FFFF), UInt32(key.seed >> 32)))
    }

    /// Returns the random word of element `e`, in the order of `GaussianNoise`'s groups.
    public static func word(_ key: NoiseKey, element e: Int) -> UInt32 {
        words(key, block: 16 * (e / 64) + e % 16)[(e % 64) / 16]
    }

    /// Returns `(x + 1/2) / 2^32`.
    @inlinable
    public static func uniform<Real: RealNumber>(_ word: UInt32) -> Real {
        (Real(word) + 0.5) * 0x1p-32
    }

    /// Returns the radius and the angle of the Box-Muller transform.
    @inlinable
    public static func polar<Real: RealNumber>(
        _ first: UInt32, _ second: UInt32
    ) -> (radius: Real, angle: Real) {
        ((-2 * Real.log(uniform(first))).squareRoot(), 2 * Real.pi * (Real(second) * 0x1p-32))
    }

    /// Returns a standard normal number and its radius in the Box-Muller transform.
    public static func normal<Real: RealNumber>(
        _ key: NoiseKey, element e: Int
    ) -> (value: Real, radius: Real) {
        let x = words(key, block: 16 * (e / 64) + e % 16)
        let word = (e % 64) / 16
        let (radius, angle): (Real, Real) = word < 2 ? polar(x[0], x[1]) : polar(x[2], x[3])
        return (radius * (word % 2 == 0 ? Real.cos(angle) : Real.sin(angle)), radius)
    }

    /// Returns the first `count` elements of a key's sequence, which equal those of
    /// ``normal(_:element:)``, block by block: the twin of `GaussianNoise`'s `fill`.
    @inlinable
    public static func noise<Real: RealNumber>(_ count: Int, key: NoiseKey) -> [Real] {
        var output = [Real](repeating: 0, count: count)
        for group in stride(from: 0, to: count, by: 64) {
            for lane in 0..<16 {
                let x = words(key, block: group / 4 + lane)
                for pair in 0..<2 {
                    let (radius, angle): (Real, Real) = polar(x[2 * pair], x[2 * pair + 1])
                    let first = group + 32 * pair + lane
                    if first < count { output[first] = radius * Real.cos(angle) }
                    if first + 16 < count { output[first + 16] = radius * Real.sin(angle) }
                }
            }
        }
        return output
    }

    /// Overwrites the means with `z = m + sqrt(v + floor) e` and the variances with
    /// `e / (2 sqrt(v + floor))`: the twin of `GaussianNoise`'s `samplePreActivations`.
    @inlinable
    public static func samplePreActivations<Real: RealNumber>(
        mean: inout [Real], variance: inout [Real], floor: Real, noise: [Real]
    ) {
        precondition(variance.count == mean.count && noise.count == mean.count)
        let noise = noise.span
        var mean = mean.mutableSpan
        var variance = variance.mutableSpan
        for i in noise.indices {
            let deviation = (max(variance[unchecked: i], 0) + floor).squareRoot()
            mean[unchecked: i] += deviation * noise[unchecked: i]
            variance[unchecked: i] = noise[unchecked: i] / (2 * deviation)
        }
    }

    /// Applies inverted dropout to one sample: the twin of `Dropout`.
    public static func dropout<Real: RealNumber>(
        _ x: [Real], rate: Real, key: NoiseKey
    ) -> [Real] {
        x.enumerated().map { i, value in
            Real(word(key, element: i)) >= (rate * 0x1p32).rounded(.down) ? value / (1 - rate) : 0
        }
    }
}
