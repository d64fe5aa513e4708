package import LRNetKernels

/// A word of a network's notation, such as `MP2`, and the layers that it represents.
///
/// Two blocks are equal if their words are equal. A new kind of block requires a type, in the file
/// of its layer, and a line in ``BlockNotation/kinds``.
package protocol Block: Sendable, CustomStringConvertible {
    /// Examples of words of this kind, each with a note or an empty string, for messages.
    static var examples: KeyValuePairs<String, String> { get }

    /// Reads a word; returns `nil` for words of other kinds.
    init?(notation word: String)

    /// The word that ``init(notation:)`` reads as this block.
    var description: String { get }

    /// True if the block has a single layer with weights, which is followed by batch norm or an
    /// activation.
    var isProduct: Bool { get }

    /// True if each output depends on all inputs.
    var isFullyConnected: Bool { get }

    /// True if the block comes between a product and its batch norm in networks with binary
    /// activations.
    var precedesSigns: Bool { get }

    /// True if methods with binary activations support the block.
    var allowsBinaryActivations: Bool { get }

    /// Returns the block with its numbers of filters or units multiplied (`scaled(_:by:)`).
    func scaled(by width: Double) -> Self

    /// Returns the reason why the block cannot have an input of this shape, on one line; `nil` if
    /// it can.
    func problem(on shape: ImageShape, in architecture: Architecture) -> String?

    /// Returns the shape of the output of its last layer.
    func outputShape(on shape: ImageShape, in architecture: Architecture) -> ImageShape

    /// Returns the number of its weights that count toward limits.
    func weightCount(on shape: ImageShape) -> Int

    /// Returns the number of values that its layers compute for an image and that count toward
    /// limits.
    func valueCount(output: ImageShape) -> Int

    /// Appends the layers of the block; for a product, only the layer with weights.
    func append(to builder: inout NetworkBuilder)
}

extension Block {
    package var isProduct: Bool { false }
    package var isFullyConnected: Bool { false }
    package var precedesSigns: Bool { false }
    package var allowsBinaryActivations: Bool { true }

    package func scaled(by width: Double) -> Self { self }

    package func problem(on shape: ImageShape, in architecture: Architecture) -> String? { nil }

    package func weightCount(on shape: ImageShape) -> Int { 0 }

    package func valueCount(output: ImageShape) -> Int { output.count }

    /// Returns a number of filters or units, multiplied and rounded to the nearest number of at
    /// least 1.
    static func scaled(_ count: Int, by width: Double) -> Int {
        max(Int((Double(count) * width).rounded()), 1)
    }
}
