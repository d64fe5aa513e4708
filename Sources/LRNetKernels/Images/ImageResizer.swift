/// A resizer that also cuts a window out of the resized image. It does both in one pass and
/// computes no pixel outside the window.
///
/// An instance reuses its memory from image to image. Only one thread at a time may use it.
///
/// Naive twin: `Reference.resize`.
package final class ImageResizer: @unchecked Sendable {
    private var rows = ResizeAxis()
    private var columns = ResizeAxis()
    private var row = FloatBuffer(count: 0)

    /// Creates a resizer, which allocates its memory on first use.
    package init() {}

    /// Cuts a window out of an image that is resized to `height` x `width`.
    ///
    ///     target[y, x, c] = sum over s of column weight[x, s]
    ///                       * (sum over r of row weight[y, r] * pixels[r, s, c])
    ///
    /// The weights are those of `ResizeAxis`. Values stay in 0...255 and are not rounded to whole
    /// numbers; values outside the image are 0. If the image keeps its size, the result is bit for
    /// bit the one of ``ImageKernels/crop(_:shape:window:into:)``.
    ///
    /// - Parameters:
    ///   - pixels: The image, `[H, W, C]`.
    ///   - height: The number of rows of the resized image.
    ///   - width: The number of columns of the resized image.
    ///   - window: The rectangle, in pixels of the resized image.
    ///   - target: Overwritten; `[window.height, window.width, C]`.
    /// - Precondition: The counts agree.
    package func crop(
        _ pixels: ArraySlice<UInt8>, shape: ImageShape, height: Int, width: Int,
        window: CropWindow, into target: FloatView
    ) {
        if height == shape.height && width == shape.width {
            ImageKernels.crop(
                pixels, shape: shape, window: window, into: target)
            return
        }
        ImageKernels.check(pixels, shape, window, target)
        let inside = window.columns(inWidth: width)
        let firstRow = min(max(window.top, 0), height)
        let lastRow = max(min(window.top + window.height, height), firstRow)
        if inside.count < window.width || lastRow - firstRow < window.height { target.fill(0) }
        if inside.isEmpty || lastRow == firstRow { return }
        rows.prepare(source: shape.height, size: height, range: firstRow..<lastRow)
        columns.prepare(
            source: shape.width, size: width,
            range: window.left + inside.lowerBound..<window.left + inside.upperBound)
        let channels = shape.channels
        let rowCount = columns.sourceRange.count * channels
        if row.count < rowCount { row = FloatBuffer(count: rowCount) }
        pixels.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            let image = start + columns.sourceRange.lowerBound * channels
            for index in 0..<lastRow - firstRow {
                blendRows(
                    image + rows.first[index] * shape.width * channels,
                    rowStride: shape.width * channels, output: index, count: rowCount)
                let output = (firstRow - window.top + index) * window.width * channels
                blendColumns(window, inside, channels, target.pointer + output)
            }
        }
    }

    /// Computes `row[i] = sum over r of weight[r] * source[r, i]`.
    private func blendRows(
        _ source: UnsafePointer<UInt8>, rowStride: Int, output: Int, count: Int
    ) {
        let sum = row.all.pointer
        for tap in 0..<rows.tapCount {
            let weight = rows.weights[output * rows.tapCount + tap]
            if tap > 0 && weight == 0 { continue }
            let values = source + tap * rowStride
            if tap == 0 {
                for i in 0..<count { sum[i] = weight * Float(values[i]) }
            } else {
                for i in 0..<count { sum[i] += weight * Float(values[i]) }
            }
        }
    }

    private func blendColumns(
        _ window: CropWindow, _ inside: Range<Int>, _ channels: Int,
        _ output: UnsafeMutablePointer<Float>
    ) {
        let source = row.all.pointer
        let tapCount = columns.tapCount
        let origin = columns.sourceRange.lowerBound
        columns.weights.withUnsafeBufferPointer { weights in
            for (index, column) in inside.enumerated() {
                let pixel = source + (columns.first[index] - origin) * channels
                let value = output + window.outputColumn(column) * channels
                for channel in 0..<channels {
                    var sum = weights[index * tapCount] * pixel[channel]
                    for tap in 1..<max(tapCount, 1) {
                        let weight = weights[index * tapCount + tap]
                        // There may be no memory after the last pixel.
                        if weight == 0 { continue }
                        sum += weight * pixel[tap * channels + channel]
                    }
                    value[channel] = sum
                }
            }
        }
    }
}
