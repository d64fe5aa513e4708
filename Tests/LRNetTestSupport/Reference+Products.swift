package import LRNetKernels

extension Reference {
    /// `C[i, j] = sum over k of A[i, k] * B[k, j]`.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`.
    ///   - b: Shape `[inner, columns]`.
    package static func product(
        _ a: [Double], _ b: [Double], rows: Int, columns: Int, inner: Int
    ) -> [Double] {
        var c = [Double](repeating: 0, count: rows * columns)
        for i in 0..<rows {
            for k in 0..<inner {
                for j in 0..<columns {
                    c[i * columns + j] += a[i * inner + k] * b[k * columns + j]
                }
            }
        }
        return c
    }

    /// The transpose of a matrix of shape `[rows, columns]`.
    package static func transpose<T>(_ a: [T], rows: Int, columns: Int) -> [T] {
        (0..<columns).flatMap { j in (0..<rows).map { i in a[i * columns + j] } }
    }

    /// Calls `body(output, input, weight)` with the flat indices of every product of a convolution:
    ///
    ///     out[n, y, x, o] = sum over i, j, c of in[n, y s + i - top, x s + j - left, c] w[i, j, c, o]
    private static func forEachTap(
        _ geometry: PatchGeometry, images: Int, outputs: Int,
        _ body: (_ output: Int, _ input: Int, _ weight: Int) -> Void
    ) {
        let (height, width) = (geometry.input.height, geometry.input.width)
        let (channels, window) = (geometry.input.channels, geometry.window)
        for n in 0..<images {
            for y in 0..<geometry.outputHeight {
                for x in 0..<geometry.outputWidth {
                    for i in 0..<window {
                        for j in 0..<window {
                            let row = y * geometry.stride + i - geometry.padding.top
                            let column = x * geometry.stride + j - geometry.padding.left
                            guard (0..<height).contains(row), (0..<width).contains(column) else {
                                continue
                            }
                            for c in 0..<channels {
                                for o in 0..<outputs {
                                    body(
                                        ((n * geometry.outputHeight + y) * geometry.outputWidth + x)
                                            * outputs + o,
                                        ((n * height + row) * width + column) * channels + c,
                                        ((i * window + j) * channels + c) * outputs + o)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The output of a convolution of NHWC images with HWIO weights.
    package static func convolution(
        _ input: [Double], weights: [Double], geometry: PatchGeometry, images: Int, outputs: Int
    ) -> [Double] {
        var result = [Double](repeating: 0, count: images * geometry.outputPixelCount * outputs)
        forEachTap(geometry, images: images, outputs: outputs) { o, i, w in
            result[o] += input[i] * weights[w]
        }
        return result
    }

    /// dL/d input of a convolution.
    package static func convolutionInputGradient(
        _ gradient: [Double], weights: [Double], geometry: PatchGeometry, images: Int, outputs: Int
    ) -> [Double] {
        var result = [Double](repeating: 0, count: images * geometry.input.count)
        forEachTap(geometry, images: images, outputs: outputs) { o, i, w in
            result[i] += gradient[o] * weights[w]
        }
        return result
    }

    /// dL/d weights of a convolution.
    package static func convolutionWeightGradient(
        _ gradient: [Double], input: [Double], geometry: PatchGeometry, images: Int, outputs: Int
    ) -> [Double] {
        var result = [Double](repeating: 0, count: geometry.patchCount * outputs)
        forEachTap(geometry, images: images, outputs: outputs) { o, i, w in
            result[w] += gradient[o] * input[i]
        }
        return result
    }

    /// The largest value of each window of one image, and the flat index in the image where the
    /// first of them stands.
    package static func maxPool(
        _ image: [Double], geometry: PatchGeometry
    ) -> (values: [Double], origins: [Int]) {
        let shape = geometry.input
        var values: [Double] = []
        var origins: [Int] = []
        for y in 0..<geometry.outputHeight {
            for x in 0..<geometry.outputWidth {
                for c in 0..<shape.channels {
                    var best = -Double.infinity
                    var origin = -1
                    for i in 0..<geometry.window {
                        for j in 0..<geometry.window {
                            let row = y * geometry.stride + i - geometry.padding.top
                            let column = x * geometry.stride + j - geometry.padding.left
                            guard (0..<shape.height).contains(row),
                                (0..<shape.width).contains(column)
                            else { continue }
                            let index = (row * shape.width + column) * shape.channels + c
                            if image[index] > best {
                                best = image[index]
                                origin = index
                            }
                        }
                    }
                    values.append(best)
                    origins.append(origin)
                }
            }
        }
        return (values, origins)
    }
}
