/// A destination for the values of a tile, which arrive one vector of channels at a time.
///
/// This is a type rather than a closure, because a closure over vectors would become a call for
/// each vector.
protocol TileSink {
    /// Accepts the value of row `y` and column `x`.
    func put(_ y: Int, _ x: Int, _ value: Vector)
}

/// A sink that overwrites pixels.
struct StoredPixels: TileSink {
    private let pixels: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private let count, c, lanes: Int

    /// - Parameters:
    ///   - pixels: The address of each pixel's first channel, in `count` rows of `count` pixels.
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

/// A sink that adds gradients of squares to pixels: `2 x` times the value.
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

/// A sink that overwrites the taps of a window and bypasses the caches.
struct StreamedTaps: TileSink {
    private let taps: UnsafeMutablePointer<Float>
    private let count, plane: Int

    /// - Parameter taps: The first tap. There are `count` rows of `count` taps, `plane` values
    ///   apart, each at a multiple of 64 bytes.
    @inline(__always)
    init(_ taps: UnsafeMutablePointer<Float>, count: Int, plane: Int) {
        (self.taps, self.count, self.plane) = (taps, count, plane)
    }

    @inline(__always)
    func put(_ y: Int, _ x: Int, _ value: Vector) {
        stream(value, taps + (count &* y &+ x) &* plane)
    }
}

/// A sink that overwrites the taps of a window or adds to them.
struct WindowTaps: TileSink {
    private let taps: UnsafeMutablePointer<Float>
    private let count, plane, lanes: Int
    private let accumulate: Bool

    /// - Parameters:
    ///   - taps: The first tap. There are `count` rows of `count` taps, `plane` values apart.
    ///   - accumulate: If true, adds to the present values.
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
