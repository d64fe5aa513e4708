import LRNetLayers
import LRNetTraining
import Testing

/// The dealing of a measurement's leaves to the ranks.
@Suite struct MeasuringLayoutTests {
    private func layouts(
        leaves: Int, ranks: Int, globalCount: Int
    ) throws -> [(context: RankContext, layout: BatchLayout)] {
        let recipe = try Recipe(
            yaml: """
                network: {layers: [4FC], input: 28x28x1, classes: 10}
                weights: full-precision
                training:
                  {steps: 1, globalBatch: \(4 * leaves), gradientLeaves: \(leaves), microBatch: 2}
                """, file: "recipe.yaml", overrides: [])
        return try (0..<ranks).map { rank in
            let context = try RankContext(group: LoneRank(rank: rank, of: ranks), recipe: recipe)
            return (context, context.measuringLayout(globalCount: globalCount))
        }
    }

    @Test(arguments: [1, 2, 3, 5, 8, 13], [1, 2, 3, 4, 5, 8])
    func `the leaves of a measurement are dealt evenly, in order and within memory`(
        leaves: Int, ranks: Int
    ) throws {
        guard ranks <= leaves else { return }
        for globalCount in 0...4 * leaves {
            let present = (globalCount + 3) / 4
            var end = 0
            for (context, layout) in try layouts(
                leaves: leaves, ranks: ranks, globalCount: globalCount)
            {
                #expect(abs(layout.leaves.count - present / ranks) <= 1)
                #expect(layout.globalLeafCount == present && layout.dealtLeafCount == present)
                #expect(
                    layout.firstSample == end && layout.firstSample % 4 == 0 || end == globalCount)
                #expect(layout.sampleCount <= context.capacity)
                end += layout.sampleCount
            }
            #expect(end == globalCount)
        }
    }

    /// Dealt like the leaves of a training step, all of them would be rank 0's.
    @Test func `every rank measures a part of a set that is smaller than a batch`() throws {
        let counts = try layouts(leaves: 64, ranks: 8, globalCount: 30).map(\.layout.sampleCount)
        #expect(counts == [4, 4, 4, 4, 4, 4, 4, 2])
    }
}
