package import LRNetKernels

/// `512FC`: a fully connected layer with this number of units; then batch norm and ReLU.
package struct FullyConnectedBlock: Block {
    package let units: Int

    package init(units: Int) { self.units = units }

    package static var examples: KeyValuePairs<String, String> { ["512FC": "fully connected"] }

    package init?(notation word: String) {
        guard let match = word.wholeMatch(of: /([1-9]\d{0,5})FC/) else { return nil }
        self.init(units: BlockNotation.number(match.1))
    }

    package var description: String { "\(units)FC" }
    package var isProduct: Bool { true }
    package var isFullyConnected: Bool { true }

    package func scaled(by width: Double) -> FullyConnectedBlock {
        FullyConnectedBlock(units: Self.scaled(units, by: width))
    }

    package func outputShape(on shape: ImageShape, in architecture: Architecture) -> ImageShape {
        ImageShape(height: 1, width: 1, channels: units)
    }

    package func weightCount(on shape: ImageShape) -> Int { shape.count * units }

    package func append(to builder: inout NetworkBuilder) {
        builder.appendProduct("fc", .whole(builder.shape), of: builder.shape, outputs: units)
    }
}
