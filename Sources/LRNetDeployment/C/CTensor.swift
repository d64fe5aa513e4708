internal import LRNetKernels

/// The activations between two calls: uint8 values, `[row][column][channel]`, with a border around
/// the image so that windows never leave the buffer.
struct CTensor {
    let shape: ImageShape
    private(set) var border = Padding.none
    /// The value of the border.
    private(set) var fill: Int32 = 0
    /// The calls between which the values must be kept.
    var lifetime: ClosedRange<Int>
    /// The first byte in the arena.
    var offset = 0

    init(_ shape: ImageShape, writtenBy call: Int) {
        self.shape = shape
        lifetime = call...call
    }

    /// Widens the border for a window.
    mutating func widen(_ padding: Padding, fill: Int32) {
        border.top = max(border.top, padding.top)
        border.left = max(border.left, padding.left)
        border.bottom = max(border.bottom, padding.bottom)
        border.right = max(border.right, padding.right)
        if padding != .none { self.fill = fill }
    }

    var hasBorder: Bool { border != .none }

    /// The number of bytes from a row to the next.
    var rowStep: Int { (border.left + shape.width + border.right) * shape.channels }

    var count: Int { (border.top + shape.height + border.bottom) * rowStep }

    /// Returns the position in the arena of the first window with a padding.
    func start(_ padding: Padding = .none) -> Int {
        offset + (border.top - padding.top) * rowStep
            + (border.left - padding.left) * shape.channels
    }
}
