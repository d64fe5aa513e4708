internal import LRNetKernels

/// The number of values and weights of a network, added up block by block. Networks beyond the
/// limits cannot be computed.
package struct ArchitectureSize {
    /// Values that the layers compute for one image, including the image.
    package private(set) var values: Int

    /// Weights of all layers.
    package private(set) var weights = 0

    /// The maximum number of values of an image, and of weights: the largest signed 32-bit integer.
    package static let limit = Int(Int32.max)

    /// The maximum number of blocks; layer numbers have 16 bits.
    static let blockLimit = 4096

    init(input: ImageShape) { values = input.count }

    /// Adds a block.
    ///
    /// - Parameters:
    ///   - before: The shape of its input.
    ///   - after: The shape of its output.
    mutating func add(_ block: any Block, from before: ImageShape, to after: ImageShape) {
        values += block.valueCount(output: after)
        weights += block.weightCount(on: before)
    }

    mutating func addOutput(from before: ImageShape, classes: Int) {
        values += classes
        weights += before.count * classes
    }

    /// Returns a message about a size that is too large after a part of the network, such as
    /// `2x128C3`; `nil` if there is none.
    func problem(after part: String) -> String? {
        if values > Self.limit {
            return
                "\(part) brings the values of an image to \(values); at most \(Self.limit) are "
                + "supported: use smaller images, fewer filters or a smaller network.width"
        }
        if weights > Self.limit {
            return "\(part) brings the weights to \(weights); at most \(Self.limit) are "
                + "supported: use fewer filters or units, or a smaller network.width"
        }
        return nil
    }
}
