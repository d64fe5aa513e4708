import Foundation
package import LRNetKernels

extension Reference {
    /// Philox4x32-10, from the paper's description: words in 64 bits, rounds written out.
    package static func philox(counter: [UInt32], key: [UInt32]) -> [UInt32] {
        var c = counter.map(UInt64.init)
        var k = key.map(UInt64.init)
        let low: UInt64 = 0xFFFF_FFFF
        for _ in 0..<10 {
            let a = 0xD251_1F53 * c[0]
            let b = 0xCD9E_8D57 * c[2]
            c = [(b >> 32) ^ c[1] ^ k[0], b & low, (a >> 32) ^ c[3] ^ k[1], a & low]
            k = [(k[0] + 0x9E37_79B9) & low, (k[1] + 0xBB67_AE85) & low]
        }
        return c.map { UInt32($0) }
    }

    /// The four words of block `block` of a key's sequence, by the mapping that ``NoiseKey``
    /// documents.
    package static func words(_ key: NoiseKey, block: Int) -> [UInt32] {
        philox(
            counter: [
                UInt32(block), key.index, key.step,
                UInt32(key.purpose.rawValue) << 16 | UInt32(key.layer),
            ],
            key: [UInt32(key.seed & 0xFFFF_FFFF), UInt32(key.seed >> 32)])
    }

    /// The random word of element `e`, in the order of ``GaussianNoise``'s groups.
    package static func word(_ key: NoiseKey, element e: Int) -> UInt32 {
        words(key, block: 16 * (e / 64) + e % 16)[(e % 64) / 16]
    }

    /// `(x + 1/2) / 2^32`.
    package static func uniform(_ word: UInt32) -> Double { (Double(word) + 0.5) / 0x1p32 }

    /// A standard normal number and the radius that it came from.
    package static func normal(
        _ key: NoiseKey, element e: Int
    ) -> (value: Double, radius: Double) {
        let x = words(key, block: 16 * (e / 64) + e % 16)
        let word = (e % 64) / 16
        let pair = word < 2 ? (x[0], x[1]) : (x[2], x[3])
        let radius = (-2 * log(uniform(pair.0))).squareRoot()
        let angle = 2 * Double.pi * Double(pair.1) / 0x1p32
        return (radius * (word % 2 == 0 ? cos(angle) : sin(angle)), radius)
    }

    /// Inverted dropout of one sample.
    package static func dropout(_ x: [Double], rate: Double, key: NoiseKey) -> [Double] {
        x.enumerated().map { i, value in
            Double(word(key, element: i)) >= (rate * 0x1p32).rounded(.down)
                ? value / (1 - rate) : 0
        }
    }
}
