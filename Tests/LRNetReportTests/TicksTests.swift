import LRNetReport
import Testing

@Suite struct TicksTests {
    static let ranges: [ClosedRange<Double>] = [
        0...1, 0...0.07, -3...3, 0.21...0.22, 12...48_000, -1e-7...2e-7, 99.5...100, 0...7,
    ]

    /// They are in the range, at multiples of 1, 2 or 5 times a power of ten.
    @Test(arguments: ranges, [2, 4, 5, 8])
    func `linear ticks are evenly spaced at round numbers`(range: ClosedRange<Double>, count: Int) {
        let ticks = Ticks.linear(range, count: count)
        let width = range.upperBound - range.lowerBound
        #expect(ticks.count >= 2 && ticks.count <= 2 * count + 1, "\(ticks)")
        #expect(ticks.allSatisfy { $0 >= range.lowerBound - 1e-9 * width })
        #expect(ticks.allSatisfy { $0 <= range.upperBound + 1e-9 * width })
        guard ticks.count > 1 else { return }
        let step = ticks[1] - ticks[0]
        for (a, b) in zip(ticks, ticks.dropFirst()) {
            #expect(abs(b - a - step) < 1e-9 * step + 1e-15)
        }
        var mantissa = step
        while mantissa < 0.999 { mantissa *= 10 }
        while mantissa > 9.99 { mantissa /= 10 }
        #expect([1, 2, 5].contains { abs(mantissa - $0) < 1e-6 }, "step \(step)")
        for tick in ticks {
            #expect(abs((tick / step).rounded() - tick / step) < 1e-6)
        }
    }

    @Test func `ranges grow to round numbers`() {
        #expect(Ticks.niceRange(0.3...9.2, count: 5) == 0...10)
        #expect(Ticks.niceRange(-0.25...0.9, count: 5) == -0.4...1)
        // A single value gets space on both sides.
        #expect(Ticks.niceRange(4...4, count: 5) == 2...6)
        #expect(Ticks.niceRange(0...0, count: 5) == -1...1)
    }

    @Test func `logarithmic ticks are powers of ten, refined in short ranges`() {
        #expect(Ticks.logarithmic(0.5...2000) == [1, 10, 100, 1000])
        #expect(Ticks.logarithmic(0.3...6).map { ($0 * 10).rounded() } == [5, 10, 20, 50])
    }

    @Test func `tick labels have the decimals that they need`() {
        func labels(_ ticks: [Double]) -> [String] {
            ticks.map { Ticks.label($0, among: ticks) }
        }
        #expect(labels([0, 0.5, 1]) == ["0.0", "0.5", "1.0"])
        #expect(labels([0, 2, 4]) == ["0", "2", "4"])
        #expect(labels([-20_000, 0, 20_000]) == ["−20,000", "0", "20,000"])
        #expect(labels([0.25, 0.5, 0.75]) == ["0.25", "0.50", "0.75"])
        #expect(labels([1e-5, 1e-4]) == ["1e-05", "0.0001"])
    }

    @Test func `axes clamp positions to their range and fit any values`() {
        let linear = Axis(label: "", range: 10...20)
        #expect(linear.position(15) == 0.5)
        #expect(linear.position(5) == 0 && linear.position(25) == 1)
        let logarithmic = Axis(label: "", range: 0.01...1, kind: .logarithmic)
        #expect(abs(logarithmic.position(0.1) - 0.5) < 1e-12)
        #expect(logarithmic.position(0) == 0)
        // No values, one value, none that is finite, and none above 0.
        for values in [[], [3.0], [.nan, .infinity], [0, 0]] {
            for kind in [Axis.Kind.linear, .logarithmic] {
                let axis = Axis(label: "", fitting: values, kind: kind)
                #expect(axis.ticks.count >= 2, "\(values)")
                for value in values where value.isFinite {
                    #expect(axis.range.contains(value))
                }
            }
        }
    }
}
