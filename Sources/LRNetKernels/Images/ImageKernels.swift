internal import LRNetSupport

/// Operations on single images, from the bytes of a file to the input values of a network.
///
/// Bytes first become Float32 numbers in 0...255. ``ChannelAffine`` and ``divide(_:by:)`` convert
/// them to their final scale.
package enum ImageKernels {
    /// Cuts a window out of an image of bytes.
    ///
    ///     target[y, x, c] = pixels[((top + y) * width + left + x') * channels + c]
    ///
    /// Here `x' = x`, or `window.width - 1 - x` if the window is mirrored. Values outside the image
    /// are 0.
    ///
    /// Naive twin: `Reference.crop`.
    ///
    /// - Parameters:
    ///   - pixels: The image, `[H, W, C]`.
    ///   - target: Overwritten; `[window.height, window.width, C]`.
    /// - Precondition: The counts agree.
    package static func crop(
        _ pixels: ArraySlice<UInt8>, shape: ImageShape, window: CropWindow,
        into target: FloatView
    ) {
        let channels = shape.channels
        let rowCount = window.width * channels
        check(pixels, shape, window, target)
        let columns = window.columns(inWidth: shape.width)
        pixels.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            for y in 0..<window.height {
                let output = target.pointer + y * rowCount
                let row = window.top + y
                if columns.count < window.width || row < 0 || row >= shape.height {
                    output.update(repeating: 0, count: rowCount)
                }
                if columns.isEmpty || row < 0 || row >= shape.height { continue }
                let first = row * shape.width + window.left + columns.lowerBound
                let source = start + first * channels
                if window.isMirrored {
                    mirror(source, columns, channels, output + (rowCount - channels))
                } else {
                    let values = output + columns.lowerBound * channels
                    for i in 0..<columns.count * channels { values[i] = Float(source[i]) }
                }
            }
        }
    }

    /// Writes pixels from right to left; `last` is the address of the window's column 0.
    @inline(__always)
    private static func mirror(
        _ source: UnsafePointer<UInt8>, _ columns: Range<Int>, _ channels: Int,
        _ last: UnsafeMutablePointer<Float>
    ) {
        var from = source
        var to = last - columns.lowerBound * channels
        for _ in columns {
            for channel in 0..<channels { to[channel] = Float(from[channel]) }
            from += channels
            to -= channels
        }
    }

    static func check(
        _ pixels: ArraySlice<UInt8>, _ shape: ImageShape, _ window: CropWindow,
        _ target: FloatView
    ) {
        precondition(
            shape.count == pixels.count && shape.count > 0
                && target.count == window.height * window.width * shape.channels,
            "\(target.count) values for \(window) of \(pixels.count) bytes of \(shape)")
    }

    /// Computes `image[i] /= divisor`; each division is rounded once.
    package static func divide(_ image: FloatView, by divisor: Float) {
        let p = image.pointer
        let d = Vector(repeating: divisor)
        forEachVector(image.count) { i, lanes in store(load(p + i, lanes) / d, p + i, lanes) }
    }

    /// Returns the mean of each channel.
    ///
    /// - Precondition: There are only whole pixels, at least one.
    package static func channelMeans(_ image: FloatView, channels: Int) -> [Double] {
        precondition(
            channels > 0 && image.count >= channels && image.count % channels == 0,
            "\(image.count) values of \(channels) channels")
        let p = image.pointer
        var sums = [Double](repeating: 0, count: channels)
        for channel in 0..<channels {
            var sum = 0.0
            for i in stride(from: channel, to: image.count, by: channels) { sum += Double(p[i]) }
            sums[channel] = sum
        }
        let pixelCount = Double(image.count / channels)
        return sums.map { $0 / pixelCount }
    }

    /// Returns the mean and population standard deviation of all values.
    ///
    ///     mean      = sum(x) / N
    ///     deviation = sqrt(sum((x - mean)^2) / N)
    ///
    /// The order of the sums is fixed by the count: sixteen Float32 lanes over blocks of 1024
    /// values, then the blocks in Double.
    ///
    /// - Precondition: There is at least one value.
    package static func moments(_ image: FloatView) -> (mean: Double, deviation: Double) {
        precondition(image.count > 0, "moments of no values")
        let count = Double(image.count)
        let mean = sum(image) { x, _ in x } / count
        let center = Vector(repeating: Float(mean))
        let squares = sum(image) { x, lanes in
            // Lanes after the last value must stay 0.
            let distance = lanes == laneCount ? x - center : centered(x, center, lanes)
            return distance * distance
        }
        return (mean, max(squares / count, 0).squareRoot())
    }

    /// Scales an image to mean 0 and standard deviation 1.
    ///
    ///     image[i] = (image[i] - mean) / max(deviation, 1 / sqrt(N))
    ///
    /// Naive twin: `Reference.standardized`.
    ///
    /// - Precondition: There is at least one value.
    /// - Source: TensorFlow's `tf.image.per_image_standardization`.
    package static func standardize(_ image: FloatView) {
        let (mean, deviation) = moments(image)
        let floor = 1 / Double(image.count).squareRoot()
        let factor = Float(1 / max(deviation, floor))
        let center = Vector(repeating: Float(mean))
        let scale = Vector(repeating: factor)
        let p = image.pointer
        forEachVector(image.count) { i, lanes in
            store((load(p + i, lanes) - center) * scale, p + i, lanes)
        }
    }

    private static func centered(_ x: Vector, _ center: Vector, _ lanes: Int) -> Vector {
        var distance = Vector(repeating: 0)
        for lane in 0..<lanes { distance[lane] = x[lane] - center[lane] }
        return distance
    }

    @inline(__always)
    private static func sum(
        _ image: FloatView, _ term: (_ values: Vector, _ lanes: Int) -> Vector
    ) -> Double {
        let p = image.pointer
        var total = 0.0
        for start in stride(from: 0, to: image.count, by: 1024) {
            var block = Vector(repeating: 0)
            forEachVector(min(1024, image.count - start)) { i, lanes in
                block += term(load(p + start + i, lanes), lanes)
            }
            for lane in 0..<laneCount { total += Double(block[lane]) }
        }
        return total
    }
}
