internal import LRNetCollectives
internal import LRNetData
package import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// Runs a finished network as validations do, on pictures of one process.
package final class NetworkRunner {
    private let context: RankContext
    private let network: Network
    private let layers: [FinishedLayer]

    /// Pictures of a call, at most.
    package var capacity: Int { context.capacity }

    /// - Parameters:
    ///   - recipe: Of the network (``StoredNetwork/recipe``).
    ///   - layers: Weights and batch norm.
    package init(recipe: Recipe, classes: Int, layers: [FinishedLayer], threads: Int = 1) throws {
        var recipe = recipe
        recipe.training.threads = threads
        context = try RankContext(
            group: SingleProcessGroup(), recipe: recipe, threadOption: "--threads")
        network = recipe.makeNetwork(classes: classes)
        context.reserve(network)
        self.layers = layers
    }

    /// The scores of pictures.
    ///
    /// - Parameter inputs: `[count, height, width, channels]`, with `count` at most ``capacity``.
    /// - Returns: `[count, classes]`
    package func scores(_ inputs: FloatView, count: Int) throws -> [Float] {
        precondition(count <= capacity, "\(count) pictures for \(capacity)")
        return try network.evaluating(layers) {
            try network.forward(
                inputs, context.pass(.evaluation, layout: context.layout(globalCount: count))
            ).values
        }
    }
}
