internal import LRNetKernels

/// Convolutions, pooling and batch norm.
extension NaiveKernels {
    /// The input row or column that a window's position falls on; `nil` outside the image.
    private static func inside(
        _ output: Int, _ offset: Int, stride: Int, padding: Int, size: Int
    ) -> Int? {
        let position = output * stride + offset - padding
        return position >= 0 && position < size ? position : nil
    }

    /// Calls `body(y, x, i, j, pixel)` for every output pixel and window position inside the image.
    @inline(__always)
    private static func forEachTap(
        _ g: PatchGeometry, _ body: (_ output: Int, _ tap: Int, _ input: Int) -> Void
    ) {
        for y in 0..<g.outputHeight {
            for x in 0..<g.outputWidth {
                for i in 0..<g.window {
                    guard
                        let row = inside(
                            y, i, stride: g.stride, padding: g.padding.top, size: g.input.height)
                    else { continue }
                    for j in 0..<g.window {
                        guard
                            let column = inside(
                                x, j, stride: g.stride, padding: g.padding.left,
                                size: g.input.width)
                        else { continue }
                        body(
                            y * g.outputWidth + x, i * g.window + j,
                            row * g.input.width + column)
                    }
                }
            }
        }
    }

    /// One image's outputs.
    static func convolution(
        _ image: Values, weights: Values, geometry: PatchGeometry, outputs: Int,
        into output: Values
    ) {
        let channels = geometry.input.channels
        for i in 0..<geometry.outputPixelCount * outputs { output[i] = 0 }
        forEachTap(geometry) { pixel, tap, input in
            for o in 0..<outputs {
                var sum: Float = 0
                for c in 0..<channels {
                    sum += image[input * channels + c] * weights[(tap * channels + c) * outputs + o]
                }
                output[pixel * outputs + o] += sum
            }
        }
    }

    /// One image's dL/d input.
    static func inputGradient(
        _ gradient: Values, weights: Values, geometry: PatchGeometry, outputs: Int,
        into inputGradient: Values
    ) {
        let channels = geometry.input.channels
        for i in 0..<geometry.input.count { inputGradient[i] = 0 }
        forEachTap(geometry) { pixel, tap, input in
            for c in 0..<channels {
                var sum: Float = 0
                for o in 0..<outputs {
                    sum +=
                        gradient[pixel * outputs + o]
                        * weights[(tap * channels + c) * outputs + o]
                }
                inputGradient[input * channels + c] += sum
            }
        }
    }

    /// Adds one image's dL/d weights.
    static func addWeightGradient(
        _ image: Values, gradient: Values, geometry: PatchGeometry, outputs: Int,
        to weightGradient: Values
    ) {
        let channels = geometry.input.channels
        forEachTap(geometry) { pixel, tap, input in
            for c in 0..<channels {
                for o in 0..<outputs {
                    weightGradient[(tap * channels + c) * outputs + o] +=
                        image[input * channels + c] * gradient[pixel * outputs + o]
                }
            }
        }
    }

    /// The matrix of patches (`im2col`).
    static func gather(_ image: Values, geometry: PatchGeometry, into rows: Values) {
        let (channels, patch) = (geometry.input.channels, geometry.patchCount)
        for i in 0..<geometry.outputPixelCount * patch { rows[i] = 0 }
        forEachTap(geometry) { pixel, tap, input in
            for c in 0..<channels {
                rows[pixel * patch + tap * channels + c] = image[input * channels + c]
            }
        }
    }

    /// Adds patches to an image (`col2im`).
    static func scatterAdd(_ rows: Values, geometry: PatchGeometry, into image: Values) {
        let (channels, patch) = (geometry.input.channels, geometry.patchCount)
        forEachTap(geometry) { pixel, tap, input in
            for c in 0..<channels {
                image[input * channels + c] += rows[pixel * patch + tap * channels + c]
            }
        }
    }

    /// The largest values of one image's windows, and where each stands.
    static func maxPool(
        _ image: Values, geometry: PatchGeometry, output: Values, origins: UnsafeMutablePointer<Int>
    ) {
        let channels = geometry.input.channels
        for i in 0..<geometry.outputPixelCount * channels { output[i] = -.infinity }
        forEachTap(geometry) { pixel, _, input in
            for c in 0..<channels where image[input * channels + c] > output[pixel * channels + c] {
                output[pixel * channels + c] = image[input * channels + c]
                origins[pixel * channels + c] = input * channels + c
            }
        }
    }

    /// Sends gradients to where the largest values stood.
    static func maxPoolGradient(
        _ gradient: Values, count: Int, origins: UnsafeMutablePointer<Int>, into image: Values,
        imageCount: Int
    ) {
        for i in 0..<imageCount { image[i] = 0 }
        for i in 0..<count { image[origins[i]] += gradient[i] }
    }

    // MARK: Batch norm

    /// Each channel's mean, then its sum of squared distances from it.
    static func moments(_ input: Values, rows: Int, channels: Int, into moments: Values) {
        for c in 0..<channels {
            var sum = 0.0
            for row in 0..<rows { sum += Double(input[row * channels + c]) }
            let mean = sum / Double(rows)
            var squares = 0.0
            for row in 0..<rows {
                let distance = Double(input[row * channels + c]) - mean
                squares += distance * distance
            }
            moments[c] = Float(mean)
            moments[channels + c] = Float(squares)
        }
    }

    /// `max(x scale + shift, 0)`.
    static func normalize(
        _ input: Values, rows: Int, channels: Int, scale: Values, shift: Values,
        into output: Values
    ) {
        for row in 0..<rows {
            for c in 0..<channels {
                let value = input[row * channels + c] * scale[c] + shift[c]
                output[row * channels + c] = max(value, 0)
            }
        }
    }

    /// What batch norm's backward pass knows of each channel.
    struct ChannelStatistics {
        let mean, inverseDeviation, scale, shift: Values

        /// The gradient behind the ReLU, and xhat.
        func masked(_ gradient: Float, _ x: Float, _ c: Int) -> (slope: Float, normalized: Float) {
            (x * scale[c] + shift[c] > 0 ? gradient : 0, (x - mean[c]) * inverseDeviation[c])
        }
    }

    /// Each channel's sum of gradients, then of gradients times xhat.
    static func gradientSums(
        _ gradient: Values, input: Values, rows: Int, channels: Int,
        statistics: ChannelStatistics, into sums: Values
    ) {
        for c in 0..<channels {
            var (sum, product) = (0.0, 0.0)
            for row in 0..<rows {
                let i = row * channels + c
                let (slope, normalized) = statistics.masked(gradient[i], input[i], c)
                sum += Double(slope)
                product += Double(slope * normalized)
            }
            sums[c] = Float(sum)
            sums[channels + c] = Float(product)
        }
    }

    /// dL/dx over dL/dy.
    static func backward(
        _ gradient: Values, input: Values, rows: Int, channels: Int,
        statistics: ChannelStatistics, meanGradient: Values, meanProduct: Values
    ) {
        for row in 0..<rows {
            for c in 0..<channels {
                let i = row * channels + c
                let (slope, normalized) = statistics.masked(gradient[i], input[i], c)
                gradient[i] =
                    statistics.scale[c] * (slope - meanGradient[c] - normalized * meanProduct[c])
            }
        }
    }
}
