import Foundation
import LRNetLayers
import LRNetTraining
import Testing

@Suite struct CoordinatorStateTests {
    private func report(
        _ step: Int, _ errors: [Int], losses: [Double] = []
    ) -> ValidationReport {
        ValidationReport(
            step: step,
            draws: errors.enumerated().map { draw, errorCount in
                DrawResult(
                    draw: draw, errorCount: errorCount, sampleCount: 200,
                    loss: losses.isEmpty ? 1 : losses[draw])
            })
    }

    @Test func `the leader has fewest errors, then lowest loss, latest step and lowest draw`() {
        var state = CoordinatorState()
        let change1 = state.consider(report(10, [9, 7, 7, 8]))
        #expect(change1)
        #expect(state.leader?.step == 10 && state.leader?.result.draw == 1)
        let change2 = state.consider(report(20, [9, 7]))
        #expect(change2)
        let change3 = state.consider(report(30, [8]))
        #expect(!change3)
        #expect(state.leader?.step == 20 && state.leader?.result.draw == 1)
        let better = state.consider(report(32, [7, 7, 7], losses: [0.9, 0.8, 0.8]))
        #expect(better && state.leader?.result.draw == 1)
        let worse = state.consider(report(34, [7], losses: [0.85]))
        #expect(!worse)
        let none = state.consider(report(36, [7], losses: [.nan]))
        #expect(!none && state.leader?.step == 32)
        let change4 = state.consider(report(40, [9, 9, 6]))
        #expect(change4)
        #expect(state.leader?.step == 40 && state.leader?.result.draw == 2)
        #expect(state.leader?.report.draws.count == 3)
        let change5 = state.consider(report(50, []))
        #expect(!change5)
        #expect(state.leader?.step == 40)
    }

    @Test func `a coordinator state survives encoding and decoding`() throws {
        var state = CoordinatorState()
        _ = state.consider(report(10, [9, 7]))
        state.resumedAt = [3, 8]
        state.trainingLoss = 0.1 + 0.2
        state.imageCount = 1 << 40
        state.stepSeed = .max
        let again = try JSONDecoder().decode(
            CoordinatorState.self, from: JSONEncoder().encode(state))
        #expect(again == state)
        #expect(
            try JSONDecoder().decode(
                CoordinatorState.self, from: JSONEncoder().encode(CoordinatorState()))
                == CoordinatorState())
    }

    @Test func `a report computes best, mean and deviation of its draws`() {
        let report = report(1, [10, 20, 30])
        #expect(report.best?.errorPercent == 5)
        #expect(report.meanError == 10)
        #expect(report.errorDeviation == 5)
        #expect(self.report(1, [4]).errorDeviation == 0)
        #expect(self.report(1, []).best == nil)
        #expect(DrawResult(draw: 0, errorCount: 0, sampleCount: 0, loss: 0).errorPercent == 0)
    }

    @Test func `likeliest weights can be best but do not enter the statistics of draws`() {
        var report = report(1, [10, 20, 30, 4])
        report.draws[3].isLikeliest = true
        #expect(report.best?.draw == 3 && report.likeliest?.errorCount == 4)
        #expect(report.meanError == 10 && report.errorDeviation == 5 && report.drawn.count == 3)
        let alone = ValidationReport(step: 1, draws: [report.draws[3]])
        #expect(alone.meanError == 2 && alone.errorDeviation == 0)
    }

    @Test func `the recipe decides which weights are validated`() {
        var recipe = Recipe()
        #expect(recipe.candidates(draws: 2) == [.draw(0), .draw(1)])
        recipe.validation.weights = .both
        #expect(
            recipe.candidates(draws: 2)
                == [.draw(0), .draw(1), Candidate(number: 2, isLikeliest: true)])
        recipe.validation.weights = .likeliest
        #expect(recipe.candidates(draws: 2) == [Candidate(number: 0, isLikeliest: true)])
        // A result of an earlier version does not record the kind of its weights.
        let old = DrawResult(draw: 0, errorCount: 1, sampleCount: 2, loss: 1)
        #expect(recipe.candidate(of: old).isLikeliest)
        recipe.validation.weights = .both
        #expect(!recipe.candidate(of: old).isLikeliest)
        recipe.weights.model = .twn
        #expect(recipe.candidates(draws: 2) == [.draw(0)])
    }
}
