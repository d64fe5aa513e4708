import LRNetReport
import Testing

@Suite struct ErrorRateTests {
    @Test func `intervals match those of published Wilson calculators`() {
        let cases: [(wrong: Double, count: Int, low: Double, high: Double)] = [
            (0, 600, 0, 0.6362), (10, 100, 5.5229, 17.4367), (50, 100, 40.3832, 59.6168),
            (100, 100, 96.3007, 100),
        ]
        for (wrong, count, low, high) in cases {
            let interval = ErrorRate(wrong: wrong, count: count).interval
            #expect(abs(interval.lowerBound - low) < 1e-3, "\(wrong) of \(count): \(interval)")
            #expect(abs(interval.upperBound - high) < 1e-3, "\(wrong) of \(count): \(interval)")
        }
    }

    /// Exchanging right and wrong mirrors the interval.
    @Test func `intervals are symmetric and contain their rate`() {
        for count in [1, 2, 7, 600, 50_000] {
            for wrong in [0, 1, count / 3, count - 1, count] {
                let rate = ErrorRate(wrong: Double(wrong), count: count)
                let other = ErrorRate(wrong: Double(count - wrong), count: count).interval
                #expect(abs(rate.interval.lowerBound + other.upperBound - 100) < 1e-9)
                #expect(rate.interval.contains(rate.percent), "\(wrong) of \(count)")
            }
        }
    }

    @Test func `the text of an error rate states its counts and interval`() {
        #expect(
            Text.evidence(ErrorRate(wrong: 0, count: 600))
                == "0 of 600 wrong; 95 % interval 0–0.64 %")
        #expect(
            Text.evidence(ErrorRate(wrong: 1097, count: 5000))
                == "1,097 of 5,000 wrong; 95 % interval 20.8–23.1 %")
        #expect(Text.interval(nil) == "–")
        #expect(ErrorRate(percent: 0.5, count: nil) == nil)
        #expect(ErrorRate(percent: 101, count: 10) == nil)
        #expect(ErrorRate(percent: 0.5, count: 600) == ErrorRate(wrong: 3, count: 600))
    }

    @Test func `quantities are printed with their units`() {
        #expect(
            [16, 1, 2.5, 0.17, 0.999].map(Text.epochCount) == [
                "16 epochs", "1 epoch", "2.5 epochs", "0.17 epochs", "1 epoch",
            ])
        #expect(
            [nil, 7.63, 113, 180, 3900, 200_000].map(Text.duration) == [
                "–", "7.6 s", "113 s", "3 min", "1 h 5 min", "2 d 8 h",
            ])
        #expect(
            [nil, 712, 1_689_528, 45_813_265, 999_999].map(Text.bytes) == [
                "–", "712 bytes", "1.7 MB", "46 MB", "1.0 MB",
            ])
        #expect(Text.date("2026-11-28T21:07:15Z") == "2026-11-28 21:07 UTC")
        #expect(Text.date(nil) == "–")
    }
}
