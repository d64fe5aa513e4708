internal import LRNetCollectives
internal import LRNetData
package import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// Runs a finished network in one process, with the same computation as a validation.
package final class NetworkRunner {
    private let context: RankContext
    private let network: Network
    private let layers: [FinishedLayer]

    /// The maximum number of images per call.
    package var capacity: Int { context.capacity }

    /// Prepares a network.
    ///
    /// - Parameters:
    ///   - recipe: The recipe of the network (``StoredNetwork/recipe``).
    ///   - layers: The weights and batch norm.
    package init(recipe: Recipe, classes: Int, layers: [FinishedLayer], threads: Int = 1) throws {
        var recipe = recipe
        recipe.training.threads = threads
        context = try RankContext(
            group: SingleProcessGroup(), recipe: recipe, threadOption: "--threads")
        network = recipe.makeNetwork(classes: classes)
        context.reserve(network)
        self.layers = layers
    }

    /// Computes the logits of images.
    ///
    /// - Parameter inputs: `[count, height, width, channels]`, with `count` at most ``capacity``.
    /// - Returns: `[count, classes]`
    package func scores(_ inputs: FloatView, count: Int) throws -> [Float] {
        precondition(count <= capacity, "\(count) images exceed the capacity of \(capacity)")
        return try network.evaluating(layers) {
            try network.forward(
                inputs,
                context.pass(.evaluation, layout: context.measuringLayout(globalCount: count))
            ).values
        }
    }
}
