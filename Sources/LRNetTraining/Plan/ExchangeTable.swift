internal import Foundation
internal import LRNetCollectives
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A table of the messages and bytes that a step sends, by the number of ranks.
package struct ExchangeTable {
    /// The lines of the table.
    package let text: String

    /// Plans steps on 2, 4, 8, ... ranks, up to one rank per leaf, and on `ranks` ranks, with one
    /// rank per machine.
    ///
    /// - Parameter network: The recipe's network. It reserves memory for a pass of one sample.
    package init(network: Network, recipe: Recipe, ranks: Int = 1) {
        let training = recipe.training
        network.reserve(
            sampleCount: 1, microBatch: training.microBatch, workerCount: 1,
            globalCount: training.globalBatch)
        var counts = Set([ranks, training.gradientLeaves])
        var count = 2
        while count < training.gradientLeaves {
            counts.insert(count)
            count *= 2
        }
        var table = TextTable([
            "ranks", "images per rank", "messages per rank", "bytes per rank", "collectives",
            "batch norm's bytes", "at 1 Gbit/s", "at 10 Gbit/s",
        ])
        for count in counts.sorted() where count > 1 && count <= training.gradientLeaves {
            let step = Self.busiest(network, recipe, ranks: count)
            let traffic = step.traffic
            let bits = 8 * Double(traffic.byteCount)
            table.append([
                TextTable.grouped(count),
                TextTable.grouped((training.globalBatch + count - 1) / count),
                TextTable.grouped(traffic.messageCount), TextTable.grouped(traffic.byteCount),
                "\(traffic.collectiveCount)", TextTable.grouped(step.traffic(.batchNorm).byteCount),
                String(format: "%.1f ms", bits / 1e6),
                String(format: "%.1f ms", bits / 1e7),
            ])
        }
        text = table.text
    }

    /// Returns the plan of the rank that sends the most bytes: slices differ by a unit, nodes by one
    /// or two. With more than 64 ranks only three are planned; the last one has the longest slices.
    private static func busiest(_ network: Network, _ recipe: Recipe, ranks: Int) -> StepPlan {
        let planned = ranks <= 64 ? Array(0..<ranks) : [0, ranks / 2, ranks - 1]
        let groups = RankGroups(ranks: ranks, ranksPerMachine: 1)
        let plans = planned.map {
            StepPlan(network: network, recipe: recipe, groups: groups, rank: $0)
        }
        return plans.max { $0.traffic.byteCount < $1.traffic.byteCount } ?? plans[0]
    }
}
