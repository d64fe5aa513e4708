import Foundation
package import LRNetKernels

/// Seeded data for tests.
///
/// A number is a function of seed and index, so a test has the same data alone and among others.
package enum TestData {
    /// The seed for tests that do not choose one.
    package static let seed: UInt64 = 20_240_607

    /// Returns numbers that are uniform in `range`.
    package static func uniform(
        _ count: Int, in range: ClosedRange<Double> = -1...1, stream: UInt32 = 0,
        seed: UInt64 = seed
    ) -> [Float] {
        let key = NoiseKey(seed: seed, purpose: .test, layer: 1, index: stream)
        let width = range.upperBound - range.lowerBound
        return (0..<count).map { Float(range.lowerBound + width * key.uniform($0)) }
    }

    /// Returns standard normal numbers, computed in Double without the kernels' noise.
    package static func normal(
        _ count: Int, stream: UInt32 = 0, seed: UInt64 = seed
    ) -> [Float] {
        let key = NoiseKey(seed: seed, purpose: .test, layer: 2, index: stream)
        return (0..<count).map { i in
            let radius = (-2 * log(key.uniform(2 * i))).squareRoot()
            return Float(radius * cos(2 * Double.pi * key.uniform(2 * i + 1)))
        }
    }

    /// Returns labels in `0 ..< classes`.
    package static func labels(_ count: Int, classes: Int, stream: UInt32 = 0) -> [Int32] {
        let key = NoiseKey(seed: seed, purpose: .test, layer: 3, index: stream)
        return (0..<count).map { Int32(key.integer($0, below: classes)) }
    }

    /// Counts around the vector width, with 0, 1, primes and non-multiples of 16.
    package static let counts = [0, 1, 2, 7, 15, 16, 17, 31, 47, 48, 63, 64, 65, 127, 331, 1024]
}

extension [Float] {
    package var doubles: [Double] { map(Double.init) }

    /// A view of a new buffer with these values that starts at an unaligned address.
    package var view: FloatView {
        let buffer = FloatBuffer(count: count + 3)
        let view = buffer[3..<count + 3]
        view.copy(from: self)
        return view
    }
}

extension [Double] {
    /// The nearest Float32 numbers.
    package var floats: [Float] { map { Float($0) } }
}

extension FloatView {
    /// Returns a view of `count` NaNs, which reveal the values that a kernel does not write.
    package static func unwritten(_ count: Int) -> FloatView {
        let view = FloatBuffer(count: count)[0..<count]
        view.fill(.nan)
        return view
    }
}
