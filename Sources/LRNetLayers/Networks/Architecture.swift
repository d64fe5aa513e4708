package import LRNetKernels

/// The architecture of a network: a list of blocks, without methods or values.
///
/// In recipes and in messages each block is one word, in the notation of the LR-nets paper
/// (``BlockNotation``): `(2x128C3)-MP2-1024FC` is `2x128C3 MP2 1024FC`.
package struct Architecture: Sendable, Equatable {
    /// The rule for the zeros around an image.
    package enum PaddingRule: String, Sendable, CaseIterable {
        /// TensorFlow's SAME: the minimum that yields `ceil(size / stride)` outputs; an odd zero is
        /// at the bottom and at the right.
        case same
        /// torchvision's: `window / 2` on each side.
        case symmetric

        func padding(_ shape: ImageShape, window: Int, stride: Int) -> Padding {
            switch self {
            case .same:
                return .same(
                    height: shape.height, width: shape.width, window: window, stride: stride)
            case .symmetric:
                let side = window / 2
                return Padding(top: side, left: side, bottom: side, right: side)
            }
        }
    }

    /// The training of the first layer.
    package enum FirstLayer: String, Sendable, CaseIterable {
        /// Like all other layers (the ternary networks of the paper).
        case discrete
        /// With ordinary real weights (the binary ResNet-18 of the paper).
        case fullPrecision = "full-precision"
        /// With real weights that training leaves at their initial values: those of the source,
        /// divided by their standard deviation (the authors' code for the binary ResNet-18).
        case frozen

        /// True if the finished weights of the first layer are integers, too.
        package var isDiscrete: Bool { self == .discrete }
    }

    /// The shortcut of a residual block whose output and input have different shapes.
    package enum Shortcut: String, Sendable, CaseIterable {
        /// The input after a strided 1x1 convolution with batch norm, trained by the network's
        /// method (He et al.'s option B, the default of the LR-nets authors).
        case projection
        /// Every `stride`-th pixel of the input, with zeros in additional channels (option A).
        case zeroPadded = "zero-padded"
    }

    /// The training of the last layer, which computes the logits.
    package enum LastLayer: String, Sendable, CaseIterable {
        /// With ordinary real weights and a bias, for all methods.
        case fullPrecision = "full-precision"
        /// By the network's method, without a bias (TWN's released code).
        case discrete
        /// By the network's method, followed by batch norm (BinaryConnect and BNN).
        case normalized = "discrete-normalized"
    }

    /// The name in recipes; `custom` for a network that a recipe describes.
    package var name: String

    /// The shape of the images for which the network is designed.
    package var input: ImageShape

    /// The number of classes for which the network is designed.
    package var classes: Int

    /// The blocks before the last layer, which is linear.
    package var blocks: [any Block] {
        get { list.blocks }
        set { list.blocks = newValue }
    }

    private var list: BlockList

    /// A list of blocks; lists are equal if their words are equal.
    private struct BlockList: Sendable, Equatable {
        var blocks: [any Block]

        static func == (left: BlockList, right: BlockList) -> Bool {
            left.blocks.map(\.description) == right.blocks.map(\.description)
        }
    }

    package var padding = PaddingRule.same
    package var firstLayer = FirstLayer.discrete
    package var shortcut = Shortcut.projection
    package var lastLayer = LastLayer.fullPrecision

    package init(name: String, input: ImageShape, classes: Int, blocks: [any Block]) {
        self.name = name
        self.input = input
        self.classes = classes
        list = BlockList(blocks: blocks)
    }

    /// `(32C5)-MP2-(64C5)-MP2-512FC-Softmax`: 1,657,632 discrete weights.
    ///
    /// - Source: Shayer, Levi, Fetaya, ICLR 2018, equation 9; with batch norm also after the fully
    ///   connected layer, as in the authors' code.
    package static let mnist = named(
        "mnist", ImageShape(height: 28, width: 28, channels: 1), 10,
        "32C5 MP2 64C5 MP2 512FC dropout")

    /// `(2x128C3)-MP2-(2x256C3)-MP2-(2x512C3)-MP2-1024FC-Softmax`: 12,963,200 discrete weights.
    ///
    /// - Source: Shayer, Levi, Fetaya, ICLR 2018, equation 10.
    package static let cifar10 = named(
        "cifar10", ImageShape(height: 32, width: 32, channels: 3), 10,
        "2x128C3 MP2 2x256C3 MP2 2x512C3 MP2 1024FC dropout")

    /// ResNet-18, with activations after the addition: 11,166,912 discrete weights.
    ///
    /// - Source: He, Zhang, Ren, Sun, CVPR 2016, table 1; quantized projections with batch norm as
    ///   in the LR-nets authors' code.
    package static let resnet18 = named(
        "resnet18", ImageShape(height: 224, width: 224, channels: 3), 1000,
        "64C7/2 MP3/2 2x64R 128R/2 128R 256R/2 256R 512R/2 512R GAP")

    /// The networks that have names in recipes.
    package static let all = [mnist, cifar10, resnet18]

    private static func named(
        _ name: String, _ input: ImageShape, _ classes: Int, _ notation: String
    ) -> Architecture {
        let words = notation.split(separator: " ").map(String.init)
        guard let blocks = try? words.flatMap(BlockNotation.blocks(in:)) else {
            preconditionFailure("notation of \(name)")
        }
        return Architecture(name: name, input: input, classes: classes, blocks: blocks)
    }

    /// Returns the same network with each number of filters and units multiplied by `width` and
    /// rounded to the nearest number of at least 1.
    package func scaled(by width: Double) -> Architecture {
        var result = self
        result.blocks = blocks.map { $0.scaled(by: width) }
        return result
    }

    /// Returns true if weights of one network are valid for the other: everything except the name
    /// is equal.
    package func isSameNetwork(as other: Architecture) -> Bool {
        var named = self
        named.name = other.name
        return named == other
    }

    /// The reason why the network cannot be built, on one line; `nil` if it can.
    package var problem: String? {
        if case .failure(let problem) = size { problem.description } else { nil }
    }

    /// The number of values that the layers compute for one image.
    ///
    /// - Precondition: There is no ``problem``.
    package var valueCount: Int {
        switch size {
        case .success(let size): return size.values
        case .failure(let problem): preconditionFailure("\(name): \(problem)")
        }
    }

    private struct Problem: Error {
        let description: String

        init(_ description: String) { self.description = description }
    }

    private var size: Result<ArchitectureSize, Problem> {
        if blocks.count > ArchitectureSize.blockLimit {
            return .failure(
                Problem(
                    "\(blocks.count) blocks; at most \(ArchitectureSize.blockLimit) are supported"))
        }
        var shape = input
        var size = ArchitectureSize(input: input)
        if let problem = size.problem(after: "an input of \(input)") {
            return .failure(Problem(problem))
        }
        for block in blocks {
            if let problem = block.problem(on: shape, in: self) {
                return .failure(Problem(problem))
            }
            let before = shape
            shape = block.outputShape(on: before, in: self)
            size.add(block, from: before, to: shape)
            if let problem = size.problem(after: "\(block)") { return .failure(Problem(problem)) }
        }
        size.addOutput(from: shape, classes: classes)
        let problem = size.problem(after: "the last layer of \(classes) classes")
        return problem.map { .failure(Problem($0)) } ?? .success(size)
    }

    /// The input channels of the first layer with weights; all input values if it is fully
    /// connected.
    var firstInputCount: Int {
        let first = blocks.first { $0.weightCount(on: input) > 0 }
        return first?.isFullyConnected == false ? input.channels : input.count
    }

    func geometry(_ shape: ImageShape, window: Int, stride: Int) -> PatchGeometry {
        PatchGeometry(
            input: shape, window: window, stride: stride,
            padding: padding.padding(shape, window: window, stride: stride))
    }

    /// Returns the output shape of a convolution.
    func outputShape(
        _ shape: ImageShape, window: Int, stride: Int, channels: Int
    ) -> ImageShape {
        let geometry = geometry(shape, window: window, stride: stride)
        return ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth, channels: channels)
    }
}
