import Foundation
import LRNetTraining
import Testing

@Suite struct CoordinatorStateTests {
    private func report(_ step: Int, _ errors: [Int]) -> ValidationReport {
        ValidationReport(
            step: step,
            draws: errors.enumerated().map {
                DrawResult(draw: $0.offset, errorCount: $0.element, sampleCount: 200, loss: 1)
            })
    }

    /// Lower error, then earlier step, then lower draw.
    @Test func ties() {
        var state = CoordinatorState()
        let change1 = state.consider(report(10, [9, 7, 7, 8]))
        #expect(change1)
        #expect(state.leader?.step == 10 && state.leader?.result.draw == 1)
        let change2 = state.consider(report(20, [7, 9]))
        #expect(!change2)
        let change3 = state.consider(report(30, [8]))
        #expect(!change3)
        #expect(state.leader?.step == 10 && state.leader?.result.draw == 1)
        let change4 = state.consider(report(40, [9, 9, 6]))
        #expect(change4)
        #expect(state.leader?.step == 40 && state.leader?.result.draw == 2)
        #expect(state.leader?.report.draws.count == 3)
        let change5 = state.consider(report(50, []))
        #expect(!change5)
        #expect(state.leader?.step == 40)
    }

    @Test func survivesACheckpoint() throws {
        var state = CoordinatorState()
        _ = state.consider(report(10, [9, 7]))
        state.resumedAt = [3, 8]
        state.trainingLoss = 0.1 + 0.2
        state.imageCount = 1 << 40
        let again = try JSONDecoder().decode(
            CoordinatorState.self, from: JSONEncoder().encode(state))
        #expect(again == state)
        #expect(
            try JSONDecoder().decode(
                CoordinatorState.self, from: JSONEncoder().encode(CoordinatorState()))
                == CoordinatorState())
    }

    @Test func statisticsOfDraws() {
        let report = report(1, [10, 20, 30])
        #expect(report.best?.errorPercent == 5)
        #expect(report.meanError == 10)
        #expect(report.errorDeviation == 5)
        #expect(self.report(1, [4]).errorDeviation == 0)
        #expect(self.report(1, []).best == nil)
        #expect(DrawResult(draw: 0, errorCount: 0, sampleCount: 0, loss: 0).errorPercent == 0)
    }
}
