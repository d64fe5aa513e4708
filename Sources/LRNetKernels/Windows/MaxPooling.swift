internal import LRNetSupport

/// Maximum pooling over NHWC images, vectorized over channels.
///
///     output[y, x, c] = max over the window's values inside the image
///
/// If several values of a window are equal, the gradient goes to the first of them in window order
/// (row, then column).
///
/// Naive twins: `Reference.maxPool` and `Reference.maxPoolGradient`.
package enum MaxPooling {
    /// For each output value, the position of the largest value within its window:
    /// `row * window + column`. One instance can serve several images.
    package final class Winners: @unchecked Sendable {
        let base: UnsafeMutablePointer<UInt8>
        let count: Int
        private let memory: BufferMemory

        /// Allocates room for `count` output values.
        package init(count: Int) {
            self.count = count
            let isUsed = BufferCount.add(byteCount: max(count, 1))
            memory = isUsed ? .use(max(count, 1)) : .plan(max(count, 1))
            base = memory.start.bindMemory(to: UInt8.self, capacity: max(count, 1))
            if isUsed { base.initialize(repeating: 0, count: max(count, 1)) }
        }

        deinit { memory.free() }
    }

    /// Pools one image and records the winners.
    ///
    /// - Parameters:
    ///   - image: Shape `geometry.input`.
    ///   - geometry: Window, stride and padding. The window has at most 255 values.
    ///   - output: Overwritten; shape `[outputHeight, outputWidth, channels]`.
    ///   - winners: Overwritten, starting at index `firstWinner`.
    package static func forward(
        _ image: FloatView, geometry: PatchGeometry, output: FloatView, winners: Winners,
        firstWinner: Int
    ) {
        let channels = geometry.input.channels
        precondition(
            image.count == geometry.input.count
                && output.count == geometry.outputPixelCount * channels
                && geometry.window * geometry.window <= 255
                && firstWinner >= 0 && firstWinner + output.count <= winners.count,
            "pooling \(image.count) values into \(output.count)")
        let source = image.pointer
        let target = output.pointer
        let positions = winners.base + firstWinner
        forEachWindow(geometry) { pixel, rows, columns, top, left in
            forEachVector(channels) { c, lanes in
                var best = Vector(repeating: -.infinity)
                var position = Words(repeating: 0)
                for y in rows {
                    for x in columns {
                        let index = (y &* geometry.input.width &+ x) &* channels &+ c
                        let value = load(source + index, lanes)
                        let isLarger = value .> best
                        best = best.replacing(with: value, where: isLarger)
                        let here = UInt32((y &- top) &* geometry.window &+ (x &- left))
                        position = position.replacing(
                            with: Words(repeating: here), where: isLarger)
                    }
                }
                let start = pixel &* channels &+ c
                store(best, target + start, lanes)
                let bytes = SIMD16<UInt8>(truncatingIfNeeded: position)
                if lanes == laneCount {
                    UnsafeMutableRawPointer(positions + start)
                        .storeBytes(of: bytes, as: SIMD16<UInt8>.self)
                } else {
                    for lane in 0..<lanes { positions[start &+ lane] = bytes[lane] }
                }
            }
        }
    }

    /// Propagates one image's output gradient back to the largest value of each window.
    ///
    /// - Parameters:
    ///   - gradient: dL/d output.
    ///   - inputGradient: Overwritten with dL/d image.
    package static func backward(
        _ gradient: FloatView, geometry: PatchGeometry, inputGradient: FloatView,
        winners: Winners, firstWinner: Int
    ) {
        let channels = geometry.input.channels
        precondition(
            inputGradient.count == geometry.input.count
                && gradient.count == geometry.outputPixelCount * channels
                && firstWinner >= 0 && firstWinner + gradient.count <= winners.count,
            "pooling gradient of \(gradient.count) values into \(inputGradient.count)")
        let source = gradient.pointer
        let target = inputGradient.pointer
        let positions = winners.base + firstWinner
        inputGradient.fill(0)
        forEachWindow(geometry) { pixel, rows, columns, top, left in
            forEachVector(channels) { c, lanes in
                let start = pixel &* channels &+ c
                let value = load(source + start, lanes)
                var bytes = SIMD16<UInt8>(repeating: 255)
                if lanes == laneCount {
                    bytes = UnsafeRawPointer(positions + start)
                        .loadUnaligned(as: SIMD16<UInt8>.self)
                } else {
                    for lane in 0..<lanes { bytes[lane] = positions[start &+ lane] }
                }
                let position = Words(truncatingIfNeeded: bytes)
                for y in rows {
                    for x in columns {
                        let index = (y &* geometry.input.width &+ x) &* channels &+ c
                        let here = UInt32((y &- top) &* geometry.window &+ (x &- left))
                        let share = Vector(repeating: 0)
                            .replacing(with: value, where: position .== Words(repeating: here))
                        store(load(target + index, lanes) + share, target + index, lanes)
                    }
                }
            }
        }
    }

    /// Calls `body` for each window, with its rows and columns clipped to the image and its
    /// unclipped origin (`top`, `left`).
    @inline(__always)
    private static func forEachWindow(
        _ geometry: PatchGeometry,
        _ body: (_ pixel: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ top: Int, _ left: Int)
            -> Void
    ) {
        var pixel = 0
        for y in 0..<geometry.outputHeight {
            let top = y &* geometry.stride &- geometry.padding.top
            let rows = max(top, 0)..<min(top &+ geometry.window, geometry.input.height)
            for x in 0..<geometry.outputWidth {
                let left = x &* geometry.stride &- geometry.padding.left
                let columns = max(left, 0)..<min(left &+ geometry.window, geometry.input.width)
                body(pixel, rows, columns, top, left)
                pixel &+= 1
            }
        }
    }
}
