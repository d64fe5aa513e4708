internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A table of a network's layers: output shapes, parameters and costs.
///
/// `multiply-adds` counts one image through one set of weights. A training step of an LR-net
/// performs six times as many (two forward, four backward); evaluation performs them once. `memory`
/// is the size of the outputs of one image in a training step: means and, for LR-nets, variances.
package struct NetworkTable {
    /// The lines of the table.
    package let text: String

    package init(_ network: Network) {
        var table = TextTable([
            "layer", "output", "parameters", "discrete weights", "multiply-adds", "memory/image",
        ])
        var (parameters, weights, products, bytes) = (0, 0, 0, 0)
        for layer in network.layers {
            let weighted = layer as? WeightedLayer
            let own = layer.parameters.map(\.value.count).reduce(0, +)
            let discrete =
                weighted.map { $0.model.levels == nil ? 0 : $0.shape.count } ?? 0
            let cost = weighted.map { $0.shape.count * $0.geometry.outputPixelCount } ?? 0
            let copies = weighted?.model.isProbabilistic == true ? 2 : 1
            let memory = layer.outputShape.count * copies * MemoryLayout<Float>.size
            table.append([
                layer.name, "\(layer.outputShape)", Self.number(own), Self.number(discrete),
                Self.number(cost), Self.bytes(memory),
            ])
            parameters += own
            weights += discrete
            products += cost
            bytes += memory
        }
        table.append([
            "all", "", Self.number(parameters), Self.number(weights), Self.number(products),
            Self.bytes(bytes),
        ])
        text = table.text
    }

    private static func number(_ value: Int) -> String {
        value == 0 ? "-" : TextTable.grouped(value)
    }

    private static func bytes(_ count: Int) -> String {
        "\(TextTable.grouped((count + 1023) / 1024)) KiB"
    }
}
