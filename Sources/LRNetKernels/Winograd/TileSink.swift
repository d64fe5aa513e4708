/// Where the values of a tile go, a vector of channels at a time.
///
/// A type, not a closure: a closure over vectors would become a call for each.
protocol TileSink {
    /// Takes the value of a row and a column.
    func put(_ y: Int, _ x: Int, _ value: Vector)
}

/// Pixels that are overwritten.
struct StoredPixels: TileSink {
    private let pixels: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private let count, c, lanes: Int

    /// - Parameters:
    ///   - pixels: The first channel of each pixel, `count` rows of as many.
    ///   - c: The first of `lanes` channels.
    @inline(__always)
    init(
        pixels: UnsafeMutablePointer<UnsafeMutablePointer<Float>>, count: Int, _ c: Int,
        _ lanes: Int
    ) {
        (self.pixels, self.count, self.c, self.lanes) = (pixels, count, c, lanes)
    }

    @inline(__always)
    func put(_ y: Int, _ x: Int, _ value: Vector) {
        store(value, pixels[count &* y &+ x] + c, lanes)
    }
}

/// Pixels to which gradients of their squares are added: `2 x` times the value.
struct PixelsOfSquares: TileSink {
    private let pixels, roots: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private let count, c, lanes: Int

    /// - Parameter roots: The pixels `x` that were squared.
    @inline(__always)
    init(
        pixels: UnsafeMutablePointer<UnsafeMutablePointer<Float>>,
        roots: UnsafeMutablePointer<UnsafeMutablePointer<Float>>, count: Int, _ c: Int,
        _ lanes: Int
    ) {
        (self.pixels, self.roots) = (pixels, roots)
        (self.count, self.c, self.lanes) = (count, c, lanes)
    }

    @inline(__always)
    func put(_ y: Int, _ x: Int, _ value: Vector) {
        let pixel = pixels[count &* y &+ x] + c
        let share = Vector(repeating: 2) * load(roots[count &* y &+ x] + c, lanes) * value
        store(load(pixel, lanes) + share, pixel, lanes)
    }
}

/// The taps of a window, overwritten past the caches.
struct StreamedTaps: TileSink {
    private let taps: UnsafeMutablePointer<Float>
    private let count, plane: Int

    /// - Parameter taps: The first of `count` rows of as many taps, `plane` values apart, each at a
    ///   multiple of 64 bytes.
    @inline(__always)
    init(_ taps: UnsafeMutablePointer<Float>, count: Int, plane: Int) {
        (self.taps, self.count, self.plane) = (taps, count, plane)
    }

    @inline(__always)
    func put(_ y: Int, _ x: Int, _ value: Vector) {
        stream(value, taps + (count &* y &+ x) &* plane)
    }
}

/// The taps of a window, overwritten or added to.
struct WindowTaps: TileSink {
    private let taps: UnsafeMutablePointer<Float>
    private let count, plane, lanes: Int
    private let accumulate: Bool

    /// - Parameters:
    ///   - taps: The first of `count` rows of as many taps, `plane` values apart.
    ///   - accumulate: Whether to add to what is there.
    @inline(__always)
    init(
        _ taps: UnsafeMutablePointer<Float>, count: Int, plane: Int, _ lanes: Int,
        accumulate: Bool
    ) {
        (self.taps, self.count, self.plane) = (taps, count, plane)
        (self.lanes, self.accumulate) = (lanes, accumulate)
    }

    @inline(__always)
    func put(_ y: Int, _ x: Int, _ value: Vector) {
        let tap = taps + (count &* y &+ x) &* plane
        store(accumulate ? load(tap, lanes) + value : value, tap, lanes)
    }
}
