import LRNetCollectives
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct MomentOptimizerTests {
    private static let count = 100

    private func parameter() -> Parameter {
        let parameter = Parameter(name: "weights", shape: [Self.count], role: .weight)
        parameter.value.copy(from: (0..<Self.count).map { 1 / Float($0 + 2) - 0.2 })
        return parameter
    }

    private func gradient(_ step: Int) -> FloatView {
        FloatBuffer((0..<Self.count).map { Float(($0 * 31 + step * 17) % 13) - 6 }).all
    }

    /// Trains three steps, the values of `share` in two ranges.
    private func train(
        _ name: Recipe.OptimizerName, share: Range<Int>
    ) -> (values: [Float], momentCount: Int) {
        let parameter = parameter()
        var constants = Recipe().optimizer
        constants.name = name
        let optimizer = MomentOptimizer(
            parameters: [parameter], constants: constants, share: { _ in share })
        let middle = (share.lowerBound + share.upperBound) / 2
        for step in 0..<3 {
            optimizer.begin(step: step, UpdateRates(real: 0.1))
            for range in [share.lowerBound..<middle, middle..<share.upperBound] {
                optimizer.update(parameter, range, gradient: gradient(step)[range])
            }
        }
        let moments = optimizer.moments[0]
        return (parameter.value.values, moments.first.count + moments.second.count)
    }

    @Test(arguments: [Recipe.OptimizerName.adam, .sgd])
    func `ranks with shares compute what one rank computes, with its share of the memory`(
        name: Recipe.OptimizerName
    ) {
        let whole = train(name, share: 0..<Self.count)
        #expect(whole.momentCount == 2 * Self.count)
        let slices = SlicePartition(
            count: Self.count, groups: RankGroups(ranks: 3, ranksPerMachine: 3))
        for rank in 0..<3 {
            let share = slices[rank]
            let part = train(name, share: share)
            #expect(part.momentCount == 2 * share.count)
            #expect(part.values[share] == whole.values[share])
            let untouched = parameter().value.values
            for index in 0..<Self.count where !share.contains(index) {
                #expect(part.values[index] == untouched[index])
            }
        }
    }

    @Test func `the planned moments of a rank shrink with the ranks`() throws {
        let recipe = try Recipe(
            yaml: "network: mnist\nweights: ternary\ntraining: {gradientLeaves: 32}",
            file: "recipe.yaml")
        func byteCount(_ ranks: Int) throws -> Int {
            try #require(
                MemoryPlan(recipe: recipe, ranks: ranks).step.first { $0.name == "Adam's moments" }
            ).byteCount
        }
        let one = try byteCount(1)
        for ranks in [2, 8, 32] {
            // Layers of fewer than 16,384 weights, biases and batch norm are not divided.
            let part = try byteCount(ranks)
            #expect(part * ranks >= one && part * ranks < one + one / 50 * ranks)
        }
    }
}
