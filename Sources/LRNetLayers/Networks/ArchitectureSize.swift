internal import LRNetKernels

/// How many values and weights a network has, as far as its blocks tell; what is beyond the limits cannot be
/// computed with.
package struct ArchitectureSize {
    /// Values that the layers make of one image, the image among them.
    package private(set) var values: Int

    /// Weights of all layers.
    package private(set) var weights = 0

    /// The most values of an image, and the most weights: what 32 bits count.
    package static let limit = Int(Int32.max)

    /// The most blocks; layers are numbered with 16 bits.
    static let blockLimit = 4096

    init(input: ImageShape) { values = input.count }

    /// Adds a block.
    ///
    /// - Parameters:
    ///   - before: The shape that reaches it.
    ///   - after: The shape that it makes.
    mutating func add(_ block: any Block, from before: ImageShape, to after: ImageShape) {
        values += block.valueCount(output: after)
        weights += block.weightCount(on: before)
    }

    /// Adds the last layer.
    mutating func addOutput(from before: ImageShape, classes: Int) {
        values += classes
        weights += before.count * classes
    }

    /// What is too large after a part of the network, such as `2x128C3`; `nil` if nothing is.
    func problem(after part: String) -> String? {
        if values > Self.limit {
            return
                "\(part) brings the values of an image to \(values); at most \(Self.limit) can be "
                + "computed with: use smaller images, fewer filters or a smaller network.width"
        }
        if weights > Self.limit {
            return "\(part) brings the weights to \(weights); at most \(Self.limit) can be "
                + "computed with: use fewer filters or units, or a smaller network.width"
        }
        return nil
    }
}
