import LRNetTraining
import Testing

@Suite struct DecisionTests {
    @Test func `a decision survives its encoding as bytes`() {
        for flags in 0..<8 {
            for rate in [0, 0.01, -0.0, 1e-300, .infinity, Double.pi] {
                var decision = Decision(
                    rates: UpdateRates(real: rate, logits: 2 * rate, logitGrowth: 3 * rate))
                decision.validates = flags & 1 != 0
                decision.savesCheckpoint = flags & 2 != 0
                decision.stops = flags & 4 != 0
                let bytes = decision.bytes
                #expect(bytes.count == 25)
                let again = Decision(bytes: bytes)
                #expect(again == decision)
                #expect(again.rates.real.bitPattern == rate.bitPattern)
            }
        }
    }
}
