public import LRNetKernels

/// Convolutions, their patches, and pooling, for NHWC images and HWIO weights.
extension Reference {
    /// Calls `body` for every pixel of the output and every position of its window that is inside
    /// the image.
    ///
    /// `output` and `input` number the pixels across all images; `tap` numbers the window's
    /// positions.
    @inlinable @inline(__always)
    public static func forEachTap(
        _ g: PatchGeometry, images: Int, _ body: (_ output: Int, _ tap: Int, _ input: Int) -> Void
    ) {
        let (height, width) = (g.input.height, g.input.width)
        for n in 0..<images {
            for y in 0..<g.outputHeight {
                for x in 0..<g.outputWidth {
                    let output = (n * g.outputHeight + y) * g.outputWidth + x
                    for i in 0..<g.window {
                        let row = y * g.stride + i - g.padding.top
                        guard row >= 0 && row < height else { continue }
                        for j in 0..<g.window {
                            let column = x * g.stride + j - g.padding.left
                            guard column >= 0 && column < width else { continue }
                            body(output, i * g.window + j, (n * height + row) * width + column)
                        }
                    }
                }
            }
        }
    }

    /// Returns the output of a convolution, with stride s: the twin of `WinogradConvolution`.
    ///
    ///     out[n, y, x, o] = sum over i, j, c of
    ///                       in[n, y s + i - top, x s + j - left, c] w[i, j, c, o]
    @inlinable
    public static func convolution<Real: RealNumber>(
        _ input: [Real], weights: [Real], geometry: PatchGeometry, images: Int, outputs: Int
    ) -> [Real] {
        let channels = geometry.input.channels
        precondition(
            input.count == images * geometry.input.count
                && weights.count == geometry.patchCount * outputs)
        let (input, weights) = (input.span, weights.span)
        var result = [Real](repeating: 0, count: images * geometry.outputPixelCount * outputs)
        forEachTap(geometry, images: images) { output, tap, pixel in
            for o in 0..<outputs {
                var sum: Real = 0
                for c in 0..<channels {
                    sum +=
                        input[unchecked: pixel * channels + c]
                        * weights[unchecked: (tap * channels + c) * outputs + o]
                }
                result[output * outputs + o] += sum
            }
        }
        return result
    }

    /// Returns dL/d input of a convolution: the twin of `WinogradConvolution`'s `inputGradient`.
    @inlinable
    public static func convolutionInputGradient<Real: RealNumber>(
        _ gradient: [Real], weights: [Real], geometry: PatchGeometry, images: Int, outputs: Int
    ) -> [Real] {
        let channels = geometry.input.channels
        var result = [Real](repeating: 0, count: images * geometry.input.count)
        forEachTap(geometry, images: images) { output, tap, pixel in
            for c in 0..<channels {
                var sum: Real = 0
                for o in 0..<outputs {
                    sum +=
                        gradient[output * outputs + o]
                        * weights[(tap * channels + c) * outputs + o]
                }
                result[pixel * channels + c] += sum
            }
        }
        return result
    }

    /// Returns dL/d weights of a convolution: the twin of `WinogradConvolution`'s
    /// `weightGradient`.
    @inlinable
    public static func convolutionWeightGradient<Real: RealNumber>(
        _ gradient: [Real], input: [Real], geometry: PatchGeometry, images: Int, outputs: Int
    ) -> [Real] {
        let channels = geometry.input.channels
        var result = [Real](repeating: 0, count: geometry.patchCount * outputs)
        forEachTap(geometry, images: images) { output, tap, pixel in
            for c in 0..<channels {
                for o in 0..<outputs {
                    result[(tap * channels + c) * outputs + o] +=
                        input[pixel * channels + c] * gradient[output * outputs + o]
                }
            }
        }
        return result
    }

    /// Copies the windows of images into matrices of patches (`im2col`): the twin of
    /// `PatchGeometry/gather(_:into:)`.
    ///
    /// - Parameter rows: Overwritten; shape `[images * outputPixelCount, patchCount]`.
    @inlinable
    public static func gather<Real: RealNumber>(
        _ input: [Real], geometry: PatchGeometry, images: Int, into rows: inout [Real]
    ) {
        let (channels, patch) = (geometry.input.channels, geometry.patchCount)
        precondition(
            input.count == images * geometry.input.count
                && rows.count == images * geometry.outputPixelCount * patch)
        let input = input.span
        var rows = rows.mutableSpan
        for i in rows.indices { rows[unchecked: i] = 0 }
        forEachTap(geometry, images: images) { output, tap, pixel in
            for c in 0..<channels {
                rows[unchecked: output * patch + tap * channels + c] =
                    input[unchecked: pixel * channels + c]
            }
        }
    }

    /// Adds patches to images (`col2im`): the twin of `PatchGeometry/scatterAdd(_:into:)`.
    @inlinable
    public static func scatterAdd<Real: RealNumber>(
        _ rows: [Real], geometry: PatchGeometry, images: Int, into result: inout [Real]
    ) {
        let (channels, patch) = (geometry.input.channels, geometry.patchCount)
        precondition(
            result.count == images * geometry.input.count
                && rows.count == images * geometry.outputPixelCount * patch)
        let rows = rows.span
        var sums = result.mutableSpan
        forEachTap(geometry, images: images) { output, tap, pixel in
            for c in 0..<channels {
                sums[unchecked: pixel * channels + c] +=
                    rows[unchecked: output * patch + tap * channels + c]
            }
        }
    }

    /// Returns the largest value of each window, and the flat index of the first value equal to it:
    /// the twin of `MaxPooling`.
    @inlinable
    public static func maxPool<Real: RealNumber>(
        _ input: [Real], geometry: PatchGeometry, images: Int = 1
    ) -> (values: [Real], origins: [Int]) {
        let channels = geometry.input.channels
        let count = images * geometry.outputPixelCount * channels
        precondition(input.count == images * geometry.input.count)
        var values = [Real](repeating: -.infinity, count: count)
        var origins = [Int](repeating: -1, count: count)
        do {
            let input = input.span
            var largest = values.mutableSpan
            var places = origins.mutableSpan
            forEachTap(geometry, images: images) { output, _, pixel in
                for c in 0..<channels {
                    let (source, target) = (pixel * channels + c, output * channels + c)
                    guard input[unchecked: source] > largest[unchecked: target] else { continue }
                    largest[unchecked: target] = input[unchecked: source]
                    places[unchecked: target] = source
                }
            }
        }
        return (values, origins)
    }

    /// Adds each gradient at the position of the largest value of its window: the twin of
    /// `MaxPooling`'s `backward`.
    ///
    /// - Parameter count: The number of input values.
    @inlinable
    public static func maxPoolGradient<Real: RealNumber>(
        _ gradient: [Real], origins: [Int], count: Int
    ) -> [Real] {
        var result = [Real](repeating: 0, count: count)
        for i in gradient.indices { result[origins[i]] += gradient[i] }
        return result
    }
}
