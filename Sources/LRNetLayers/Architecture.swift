public import LRNetKernels

/// A network as a list of blocks, without methods or values.
public struct Architecture: Sendable, Equatable {
    /// One block.
    public enum Block: Sendable, Equatable {
        /// Convolution with SAME padding, batch norm, ReLU.
        case convolution(filters: Int, window: Int)
        /// Maximum pooling without padding; stride equal to the window.
        case maxPool(window: Int)
        /// Fully connected, batch norm, ReLU.
        case linear(units: Int)
        /// Dropout, at the recipe's rate.
        case dropout
    }

    /// The name in recipes.
    public let name: String

    /// The shape of the images that the network was made for.
    public let input: ImageShape

    /// The number of classes that the network was made for.
    public let classes: Int

    /// The blocks before the last layer, which is always full precision, linear, with a bias.
    public let blocks: [Block]

    /// `(32C5)-MP2-(64C5)-MP2-512FC-Softmax`: 1,657,632 discrete weights.
    ///
    /// - Source: Shayer, Levi, Fetaya, ICLR 2018, equation 9; batch norm also behind the fully
    ///   connected layer, as in the authors' code.
    public static let mnist = Architecture(
        name: "mnist", input: ImageShape(height: 28, width: 28, channels: 1), classes: 10,
        blocks: [
            .convolution(filters: 32, window: 5), .maxPool(window: 2),
            .convolution(filters: 64, window: 5), .maxPool(window: 2),
            .linear(units: 512), .dropout,
        ])

    /// `(2x128C3)-MP2-(2x256C3)-MP2-(2x512C3)-MP2-1024FC-Softmax`: 12,963,200 discrete weights.
    ///
    /// - Source: Shayer, Levi, Fetaya, ICLR 2018, equation 10.
    public static let cifar10 = Architecture(
        name: "cifar10", input: ImageShape(height: 32, width: 32, channels: 3), classes: 10,
        blocks: [128, 256, 512].flatMap { filters -> [Block] in
            [
                .convolution(filters: filters, window: 3),
                .convolution(filters: filters, window: 3), .maxPool(window: 2),
            ]
        } + [.linear(units: 1024), .dropout])

    /// The networks that recipes can name.
    public static let all = [mnist, cifar10]

    /// Creates an architecture.
    public init(name: String, input: ImageShape, classes: Int, blocks: [Block]) {
        self.name = name
        self.input = input
        self.classes = classes
        self.blocks = blocks
    }
}
