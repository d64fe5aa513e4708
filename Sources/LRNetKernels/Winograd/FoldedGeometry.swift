internal import LRNetSupport

/// A convolution of stride 2 expressed as one of stride 1 over folded images, so that Winograd's
/// algorithm applies to it. Folding (space-to-depth) turns each 2x2 block of pixels into one pixel
/// with four times the channels.
///
///     folded image   [ceil(H / 2), ceil(W / 2), (dy, dx, channel)]    pixel (2 y + dy, 2 x + dx)
///     folded window  [(w + 1) / 2, (w + 1) / 2, (dy, dx, channel)]    tap 2 a + d - s, else 0
///
/// `s` is 1 if the padding is odd, else 0. With `s` = 1, half of the first pair of taps is outside
/// the window.
package struct FoldedGeometry: Sendable {
    /// The convolution of stride 2.
    package let original: PatchGeometry

    /// The equivalent convolution of stride 1.
    package let folded: PatchGeometry

    /// The number of empty taps before the window's first tap, in rows and columns.
    private let shift: (rows: Int, columns: Int)

    /// Folds a convolution.
    ///
    /// - Returns: `nil` unless the stride is 2, the window is odd and the windows cover all folded
    ///   pixels.
    package init?(_ original: PatchGeometry) {
        guard original.stride == 2 && original.window % 2 == 1 else { return nil }
        let (input, window) = (original.input, (original.window + 1) / 2)
        let shape = ImageShape(
            height: (input.height + 1) / 2, width: (input.width + 1) / 2,
            channels: 4 * input.channels)
        func sides(_ before: Int, _ size: Int, _ output: Int) -> (shift: Int, Int, Int) {
            let shift = before % 2
            let first = (before + shift) / 2
            return (shift, first, output - 1 + window - size - first)
        }
        let rows = sides(original.padding.top, shape.height, original.outputHeight)
        let columns = sides(original.padding.left, shape.width, original.outputWidth)
        guard rows.2 >= 0 && columns.2 >= 0 else { return nil }
        self.original = original
        shift = (rows.shift, columns.shift)
        folded = PatchGeometry(
            input: shape, window: window,
            padding: Padding(top: rows.1, left: columns.1, bottom: rows.2, right: columns.2))
    }

    /// Returns the channels of the folded image whose weights are not all 0 at one of Winograd's
    /// points.
    ///
    /// In each direction the folded window has room for one tap more than the original window, so
    /// one tap is missing in one of the two phases (even or odd positions). If the first tap is
    /// missing, the polynomial of the taps is 0 at the point 0; if the last is missing, it is 0 at
    /// infinity. In each direction, one point in six therefore needs only half of the channels.
    ///
    /// - Parameter turned: True if the window is turned (rotated by 180 degrees), as for input
    ///   gradients.
    func channels(at point: Int, turned: Bool) -> [Range<Int>] {
        let size = WinogradFilter.tileSize
        let emptyRows = Self.emptyPhase(at: point / size, shift: shift.rows, turned)
        let emptyColumns = Self.emptyPhase(at: point % size, shift: shift.columns, turned)
        return (0..<4).filter { $0 / 2 != emptyRows && $0 % 2 != emptyColumns }
            .map { ($0..<$0 + 1).scaled(by: original.input.channels) }
            .reduce(into: []) { runs, next in
                if let last = runs.last, last.upperBound == next.lowerBound {
                    runs[runs.count - 1] = last.lowerBound..<next.upperBound
                } else {
                    runs.append(next)
                }
            }
    }

    /// Returns the phase, 0 or 1, in which the window's polynomial is 0 at a point, or `nil` if
    /// there is none.
    private static func emptyPhase(at point: Int, shift: Int, _ turned: Bool) -> Int? {
        let missesFirst = (shift == 1) != turned
        guard point == (missesFirst ? 0 : WinogradFilter.tileSize - 1) else { return nil }
        return shift == 1 ? 0 : 1
    }

    /// Folds whole images. Pixels that only pad the last row or column are 0.
    package func fold(_ images: FloatView, into folded: FloatView) {
        check(images, folded)
        let (source, target) = (images.pointer, folded.pointer)
        let room = 2 * original.input.channels
        forEachPair(images.count / original.input.count) { pixels, count, pair in
            Self.copy(source + pixels, to: target + pair, count)
            if count < room {
                (target + (pair + count)).update(repeating: 0, count: room - count)
            }
        }
    }

    /// Copies the pixels of folded images, or of their gradients, back to their original places.
    package func unfold(_ folded: FloatView, into images: FloatView) {
        check(images, folded)
        let (source, target) = (folded.pointer, images.pointer)
        forEachPair(images.count / original.input.count) { pixels, count, pair in
            Self.copy(source + pair, to: target + pixels, count)
        }
    }

    @inline(__always)
    private static func copy(
        _ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        forEachVector(count) { i, lanes in store(load(source + i, lanes), target + i, lanes) }
    }

    /// Folds weights stored `[window, window, inputs, outputs]`.
    package func foldWeights(_ weights: FloatView, into folded: FloatView) {
        checkWeights(weights, folded)
        let run = weights.count / (original.window * original.window)
        forEachTap { source, target in
            let target = folded.pointer + target * run
            if let source {
                target.update(from: weights.pointer + source * run, count: run)
            } else {
                target.update(repeating: 0, count: run)
            }
        }
    }

    /// Copies folded weights, or their gradients, back to their original places.
    package func unfoldWeights(_ folded: FloatView, into weights: FloatView) {
        checkWeights(weights, folded)
        let run = weights.count / (original.window * original.window)
        forEachTap { source, target in
            guard let source else { return }
            (weights.pointer + source * run).update(from: folded.pointer + target * run, count: run)
        }
    }

    /// Calls `body` for each pair of horizontally adjacent pixels, which stay adjacent in the
    /// folded image. `pixels` is the index of the pair's first value, `count` is the number of its
    /// values inside the image, and `pair` is the pair's index in the folded image.
    @inline(__always)
    private func forEachPair(
        _ images: Int, _ body: (_ pixels: Int, _ count: Int, _ pair: Int) -> Void
    ) {
        let (input, shape) = (original.input, folded.input)
        var pair = 0
        for image in 0..<images {
            for row in 0..<shape.height {
                for column in 0..<shape.width {
                    for y in 2 &* row...2 &* row &+ 1 {
                        let x = 2 &* column
                        let pixel = (image &* input.height &+ y) &* input.width &+ x
                        let count = y < input.height ? min(input.width &- x, 2) : 0
                        body(pixel &* input.channels, count &* input.channels, pair)
                        pair &+= 2 &* input.channels
                    }
                }
            }
        }
    }

    /// Calls `body` for each position of the folded window. `source` is the tap of the original
    /// window there, `nil` if there is none; `target` is the position's index.
    private func forEachTap(_ body: (_ source: Int?, _ target: Int) -> Void) {
        let window = original.window
        var target = 0
        for a in 0..<folded.window {
            for b in 0..<folded.window {
                for corner in 0..<4 {
                    let row = 2 * a + corner / 2 - shift.rows
                    let column = 2 * b + corner % 2 - shift.columns
                    let isTap = (0..<window).contains(row) && (0..<window).contains(column)
                    body(isTap ? row * window + column : nil, target)
                    target += 1
                }
            }
        }
    }

    private func check(_ images: FloatView, _ foldedImages: FloatView) {
        let count = images.count / original.input.count
        precondition(
            images.count == count * original.input.count
                && foldedImages.count == count * folded.input.count,
            "\(images.count) values of \(original.input) as \(foldedImages.count) of \(folded.input)"
        )
    }

    private func checkWeights(_ weights: FloatView, _ foldedWeights: FloatView) {
        let (taps, foldedTaps) = (
            original.window * original.window, 4 * folded.window * folded.window
        )
        precondition(
            weights.count % taps == 0 && weights.count / taps * foldedTaps == foldedWeights.count,
            "\(weights.count) weights of \(taps) taps as \(foldedWeights.count) of \(foldedTaps)")
    }
}
