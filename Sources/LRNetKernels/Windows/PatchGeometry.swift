internal import LRNetSupport

/// The number of rows and columns added around an image before a window slides over it.
public struct Padding: Sendable, Hashable {
    public var top, left, bottom, right: Int

    public init(top: Int, left: Int, bottom: Int, right: Int) {
        self.top = top
        self.left = left
        self.bottom = bottom
        self.right = right
    }

    public static let none = Padding(top: 0, left: 0, bottom: 0, right: 0)

    /// Returns TensorFlow's SAME padding, with which the output has `ceil(size / stride)` rows and
    /// columns. An odd row of padding goes to the bottom, an odd column to the right.
    public static func same(height: Int, width: Int, window: Int, stride: Int) -> Padding {
        func total(_ size: Int) -> Int {
            max(((size + stride - 1) / stride - 1) * stride + window - size, 0)
        }
        let rows = total(height)
        let columns = total(width)
        return Padding(
            top: rows / 2, left: columns / 2, bottom: rows - rows / 2,
            right: columns - columns / 2)
    }
}

/// The geometry of a convolution or of pooling: a square window that slides over an image.
///
///     output.height = (input.height + top + bottom - window) / stride + 1
///
/// The width follows in the same way. For a convolution, ``gather(_:into:)`` builds a matrix. It
/// has one row per output pixel, in pixel order, and one column per value of the window, in the
/// order (row, column, channel).
public struct PatchGeometry: Sendable, Hashable {
    /// The shape of one input image.
    public let input: ImageShape

    /// The side length of the window.
    public let window: Int

    /// The distance between neighboring windows, in pixels.
    public let stride: Int

    /// The padding around the image. It counts as zeros in a convolution; pooling ignores it.
    public let padding: Padding

    public let outputHeight, outputWidth: Int

    /// Creates the geometry and computes the output size.
    ///
    /// - Precondition: The window fits into the padded image; window and stride are positive.
    public init(input: ImageShape, window: Int, stride: Int = 1, padding: Padding = .none) {
        precondition(window > 0 && stride > 0, "window \(window), stride \(stride)")
        let height = input.height + padding.top + padding.bottom
        let width = input.width + padding.left + padding.right
        precondition(
            height >= window && width >= window,
            "a window of \(window) does not fit into \(height)x\(width) padded pixels")
        self.input = input
        self.window = window
        self.stride = stride
        self.padding = padding
        outputHeight = (height - window) / stride + 1
        outputWidth = (width - window) / stride + 1
    }

    /// Returns the geometry of a fully connected layer: one window as large as the image. The image
    /// becomes a single pixel whose channels are all of its values.
    public static func whole(_ input: ImageShape) -> PatchGeometry {
        PatchGeometry(
            input: ImageShape(height: 1, width: 1, channels: input.count), window: 1)
    }

    /// The number of windows in an image.
    public var outputPixelCount: Int { outputHeight * outputWidth }

    /// The number of values in a window.
    public var patchCount: Int { window * window * input.channels }

    /// True if the matrix of patches is identical to the image in memory.
    public var isIdentity: Bool {
        window == 1 && stride == 1 && padding == .none
    }

    /// Copies the windows of an image into the rows of a matrix (`im2col`).
    ///
    /// Naive twin: `Reference.gather`.
    ///
    /// - Parameters:
    ///   - image: Shape ``input``.
    ///   - rows: Overwritten; shape `[outputPixelCount, patchCount]`; values outside the image
    ///     are 0.
    package func gather(_ image: FloatView, into rows: FloatView) {
        precondition(
            image.count == input.count && rows.count == outputPixelCount * patchCount,
            "gather of \(image.count) values into \(rows.count); \(input) has \(input.count)")
        let source = UnsafePointer(image.pointer)
        let target = rows.pointer
        let run = window * input.channels
        // Whole vectors are several times faster than partial ones. What they write too much
        // belongs to later runs, which overwrite it.
        let excess = (run + laneCount - 1) / laneCount * laneCount
        forEachRun { row, line, first, start, count in
            let offset = (row &* window &+ line) &* run
            let destination = target + offset
            if count > 0 {
                let fits =
                    start &+ excess <= image.count && offset &+ first &+ excess <= rows.count
                if fits {
                    var i = 0
                    while i < count {
                        store(load(source + (start &+ i)), destination + (first &+ i))
                        i &+= laneCount
                    }
                } else {
                    Self.copy(source + start, to: destination + first, count)
                }
            }
            if count < run {
                for i in 0..<first { destination[i] = 0 }
                for i in first &+ max(count, 0)..<run { destination[i] = 0 }
            }
        }
    }

    /// Adds the rows of a matrix to the windows of an image (`col2im`). This is the transpose of
    /// ``gather(_:into:)``.
    ///
    /// Naive twin: `Reference.scatterAdd`.
    ///
    /// - Parameters:
    ///   - rows: Shape `[outputPixelCount, patchCount]`.
    ///   - image: Shape ``input``; the rows are added to it.
    package func scatterAdd(_ rows: FloatView, into image: FloatView) {
        precondition(
            image.count == input.count && rows.count == outputPixelCount * patchCount,
            "scatter of \(rows.count) values into \(image.count); \(input) has \(input.count)")
        let source = rows.pointer
        let target = image.pointer
        let run = window * input.channels
        forEachRun { row, line, first, start, count in
            guard count > 0 else { return }
            let values = source + ((row &* window &+ line) &* run &+ first)
            let destination = target + start
            forEachVector(count) { offset, lanes in
                let sum = load(destination + offset, lanes) + load(values + offset, lanes)
                store(sum, destination + offset, lanes)
            }
        }
    }

    /// Calls `body` for every line of every window. The values of a line are contiguous in the
    /// image.
    ///
    /// The first `first` values of the line are to the left of the image. The next `count` values
    /// start at index `start` of the image. `count` is 0 if the whole line is outside the image.
    @inline(__always)
    private func forEachRun(
        _ body: (_ row: Int, _ line: Int, _ first: Int, _ start: Int, _ count: Int) -> Void
    ) {
        let channels = input.channels
        var row = 0
        for y in 0..<outputHeight {
            for x in 0..<outputWidth {
                let left = x &* stride &- padding.left
                let from = max(left, 0)
                let to = min(left &+ window, input.width)
                for line in 0..<window {
                    let inputRow = y &* stride &- padding.top &+ line
                    if inputRow >= 0 && inputRow < input.height && to > from {
                        body(
                            row, line, (from &- left) &* channels,
                            (inputRow &* input.width &+ from) &* channels,
                            (to &- from) &* channels)
                    } else {
                        body(row, line, 0, 0, 0)
                    }
                }
                row &+= 1
            }
        }
    }

    @inline(__always)
    private static func copy(
        _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        forEachVector(count) { offset, lanes in
            store(load(source + offset, lanes), target + offset, lanes)
        }
    }
}
