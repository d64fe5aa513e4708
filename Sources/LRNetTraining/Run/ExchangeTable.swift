internal import Foundation
internal import LRNetCollectives
public import LRNetLayers
internal import LRNetSupport

/// What a step of a recipe sends, by the number of ranks.
public struct ExchangeTable {
    /// The table, lines of text.
    public let text: String

    /// Plans steps on 2, 4, 8 ... ranks, up to one a leaf, and on `ranks`.
    ///
    /// - Parameter network: The recipe's; memory is reserved for a pass of one sample.
    public init(network: Network, recipe: Recipe, ranks: Int = 1) {
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
            "ranks", "images of one", "messages of one", "bytes of one", "collectives",
            "at 1 Gbit/s", "at 10 Gbit/s",
        ])
        for count in counts.sorted() where count > 1 && count <= training.gradientLeaves {
            let traffic = StepTraffic(network: network, recipe: recipe, ranks: count).traffic
            let bits = 8 * Double(traffic.byteCount)
            table.append([
                TextTable.grouped(count),
                TextTable.grouped((training.globalBatch + count - 1) / count),
                TextTable.grouped(traffic.messageCount), TextTable.grouped(traffic.byteCount),
                "\(traffic.collectiveCount)", String(format: "%.1f ms", bits / 1e6),
                String(format: "%.1f ms", bits / 1e7),
            ])
        }
        text = table.text
    }
}
