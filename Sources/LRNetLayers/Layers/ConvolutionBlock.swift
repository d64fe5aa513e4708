package import LRNetKernels

/// `128C3`, `64C7/2`: a convolution with this number of filters, window and stride; then batch norm
/// and ReLU.
package struct ConvolutionBlock: Block {
    package let filters, window, stride: Int

    package init(filters: Int, window: Int, stride: Int = 1) {
        self.filters = filters
        self.window = window
        self.stride = stride
    }

    package static var examples: KeyValuePairs<String, String> {
        ["128C3": "convolution", "64C7/2": "stride 2"]
    }

    package init?(notation word: String) {
        guard let match = word.wholeMatch(of: /([1-9]\d{0,4})C([1-9]\d?)(?:\/([1-9]))?/) else {
            return nil
        }
        self.init(
            filters: BlockNotation.number(match.1), window: BlockNotation.number(match.2),
            stride: BlockNotation.number(match.3, 1))
    }

    package var description: String {
        "\(filters)C\(window)\(BlockNotation.suffix(stride: stride))"
    }

    package var isProduct: Bool { true }

    package func scaled(by width: Double) -> ConvolutionBlock {
        ConvolutionBlock(
            filters: Self.scaled(filters, by: width), window: window, stride: stride)
    }

    package func outputShape(on shape: ImageShape, in architecture: Architecture) -> ImageShape {
        architecture.outputShape(shape, window: window, stride: stride, channels: filters)
    }

    package func weightCount(on shape: ImageShape) -> Int {
        window * window * shape.channels * filters
    }

    package func append(to builder: inout NetworkBuilder) {
        let geometry = builder.architecture.geometry(builder.shape, window: window, stride: stride)
        builder.appendProduct("conv", geometry, of: builder.shape, outputs: filters)
    }
}
