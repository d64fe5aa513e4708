import LRNetDeployment
import Testing

/// The rules of fixed point, separately.
@Suite struct FixedPointTests {
    /// The Float32 product is rounded to the nearest even integer, as in onnxruntime. Tests every
    /// factor below 2^11, with sums over the whole range that is not clipped.
    @Test(arguments: [.rectified, .signed] as [Requantization.Levels])
    func `the integer rule equals the rounded Float32 product`(levels: Requantization.Levels) {
        var differences = 0
        for factor in 1..<Int32(2_048) {
            let exact = Float(factor) / 65_536
            let reach = min(256 * 65_536 / factor + 2, (1 << 24) - 1)
            // All sums of large factors, and many of small ones.
            let step = max(reach / 4_000, 1)
            for sum in stride(from: -reach, through: reach, by: Int(step)) {
                let product = (Float(sum) * exact).rounded(.toNearestOrEven) + Float(levels.offset)
                let expected = UInt8(min(max(product, 0), 255))
                let result = Requantization.apply(sum, bias: 0, factor: factor, levels)
                differences += result == expected ? 0 : 1
            }
        }
        #expect(differences == 0)
    }

    @Test func `halves are rounded to the nearest even number`() {
        // 1/2, 3/2, 5/2, -1/2 and -3/2, with an offset of 128.
        let results = [1, 3, 5, -1, -3].map {
            Requantization.apply($0, bias: 0, factor: 32_768, .signed)
        }
        #expect(results == [128, 130, 130, 128, 126])
    }

    @Test func `every channel reaches 255 at its top`() {
        let rule = Requantization(
            bias: [0, 0, 0], factor: [1, 777, 65_536], levels: .rectified, unit: 1)
        for (channel, top) in rule.tops.enumerated() {
            #expect(rule.apply(top, channel: channel) == 255)
            #expect(Int64(top - 1) * Int64(rule.factor[channel]) < 1 << 24)
        }
    }

    @Test(
        arguments: [
            (1.0, 1, 1), (3, 1, 4), (3, 2, 3), (5, 1, 4), (0.4, 4, 0), (1_000, 1, 1_024),
            (1_000, 2, 992), (1_000, 3, 1_000), (13_107.2, 4, 13_056),
        ] as [(Double, Int, Int32)])
    func `values are rounded to the nearest factor with few digits`(
        value: Double, digits: Int, factor: Int32
    ) {
        #expect(FactorDigits.nearest(value, digits: digits) == factor)
    }

    @Test func `a factor has at most the requested number of digits`() {
        for value in stride(from: 0.3, to: 70_000, by: 17.37) {
            for digits in 1...5 {
                let factor = FactorDigits.nearest(value, digits: digits)
                let terms = FactorDigits.terms(factor)
                #expect(terms.count <= digits)
                let sum = terms.reduce(0) { $0 + ($1.isNegative ? -1 : 1) << $1.exponent }
                #expect(sum == Int(factor))
                // Each digit leaves at most a third.
                let bound = max(value / (digits == 1 ? 2.9 : 8.9), 0.5)
                #expect(abs(Double(factor) - value) <= bound, "\(value) \(digits)")
            }
        }
    }
}
