package import LRNetKernels

/// A word of a network's notation, and the layers that it stands for: `MP2`.
///
/// Two blocks are the same where their words are. A new kind of block is a type, in the file of its
/// layer, and a line in ``BlockNotation/kinds``.
package protocol Block: Sendable, CustomStringConvertible {
    /// Words of this kind, each with a note or an empty one, for messages.
    static var examples: KeyValuePairs<String, String> { get }

    /// Reads a word; `nil` for words of other kinds.
    init?(notation word: String)

    /// The word that ``init(notation:)`` reads as this block.
    var description: String { get }

    /// One layer with weights, which batch norm or an activation follows.
    var isProduct: Bool { get }

    /// All inputs reach all outputs.
    var isFullyConnected: Bool { get }

    /// In networks with binary activations, it stands between a product and its batch norm.
    var precedesSigns: Bool { get }

    /// Methods with binary activations have a form for it.
    var allowsBinaryActivations: Bool { get }

    /// The block with its numbers of filters or units multiplied (``scaled(_:by:)``).
    func scaled(by width: Double) -> Self

    /// The reason why it cannot follow, in one line; `nil` if it can.
    func problem(on shape: ImageShape, in architecture: Architecture) -> String?

    /// The shape that its last layer makes.
    func outputShape(on shape: ImageShape, in architecture: Architecture) -> ImageShape

    /// Its weights, as far as they count for limits.
    func weightCount(on shape: ImageShape) -> Int

    /// Values that its layers make of an image, as far as they count for limits.
    func valueCount(output: ImageShape) -> Int

    /// Appends its layers; of a product, the layer with weights alone.
    func append(to builder: inout NetworkBuilder)
}

extension Block {
    /// False.
    package var isProduct: Bool { false }

    /// False.
    package var isFullyConnected: Bool { false }

    /// False.
    package var precedesSigns: Bool { false }

    /// True.
    package var allowsBinaryActivations: Bool { true }

    /// The same.
    package func scaled(by width: Double) -> Self { self }

    /// None.
    package func problem(on shape: ImageShape, in architecture: Architecture) -> String? { nil }

    /// None.
    package func weightCount(on shape: ImageShape) -> Int { 0 }

    /// Those of one layer.
    package func valueCount(output: ImageShape) -> Int { output.count }

    /// A number of filters or units, multiplied and rounded to the nearest number of at least 1.
    static func scaled(_ count: Int, by width: Double) -> Int {
        max(Int((Double(count) * width).rounded()), 1)
    }
}
