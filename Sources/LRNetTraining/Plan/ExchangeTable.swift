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
        // Every rank receives the sums of the whole batch twice: two Doubles per channel and
        // micro-batch.
        let channels = network.batchNorms.map(\.outputShape.channels).reduce(0, +)
        let statistics =
            4 * channels * MemoryLayout<Double>.stride * training.globalBatch / training.microBatch
        for count in counts.sorted() where count > 1 && count <= training.gradientLeaves {
            let traffic = Self.busiest(network, recipe, ranks: count)
            let bits = 8 * Double(traffic.byteCount + statistics)
            table.append([
                TextTable.grouped(count),
                TextTable.grouped((training.globalBatch + count - 1) / count),
                TextTable.grouped(traffic.messageCount), TextTable.grouped(traffic.byteCount),
                "\(traffic.collectiveCount)", TextTable.grouped(statistics),
                String(format: "%.1f ms", bits / 1e6),
                String(format: "%.1f ms", bits / 1e7),
            ])
        }
        text = table.text
    }

    /// Returns the traffic of the rank that sends the most bytes: slices differ by a unit, nodes by
    /// one or two. With more than 64 ranks only three are planned; the last one has the longest
    /// slices.
    private static func busiest(_ network: Network, _ recipe: Recipe, ranks: Int) -> Traffic {
        let planned = ranks <= 64 ? Array(0..<ranks) : [0, ranks / 2, ranks - 1]
        let groups = RankGroups(ranks: ranks, ranksPerMachine: 1)
        let traffic = planned.map {
            StepTraffic(network: network, recipe: recipe, groups: groups, rank: $0).traffic
        }
        return traffic.max { $0.byteCount < $1.byteCount } ?? Traffic()
    }
}
