internal import LRNetKernels
internal import LRNetReference

/// Convolutions by Winograd's algorithm, and the packing of their weights.
extension KernelCases {
    static var convolutions: [KernelCase] {
        let geometries = [
            (14, 32, 64, 5, 32), (56, 64, 64, 3, 4), (32, 128, 128, 3, 8), (14, 256, 256, 3, 4),
            (8, 512, 512, 3, 8), (7, 512, 512, 3, 4),
        ]
        return ProductFormat.allCases.flatMap { format in
            geometries.flatMap { size, inputs, outputs, window, images in
                Direction.allCases.map {
                    convolution(
                        $0, format, size: size, inputs: inputs, outputs: outputs, window: window,
                        images: images)
                }
            }
        } + [
            weights(isTurned: false, window: 3, inputs: 512, outputs: 512),
            weights(isTurned: true, window: 3, inputs: 512, outputs: 512),
        ]
    }

    private enum Direction: String, CaseIterable {
        case forward = "convolution"
        case input = "convolution, input gradient"
        case weight = "convolution, weight gradient"
    }

    private static func convolution(
        _ direction: Direction, _ format: ProductFormat, size: Int, inputs: Int, outputs: Int,
        window: Int, images: Int
    ) -> KernelCase {
        let geometry = PatchGeometry(
            input: ImageShape(height: size, width: size, channels: inputs), window: window,
            padding: .same(height: size, width: size, window: window, stride: 1))
        let filter = WinogradFilter(window: window) ?? .window3
        let tileSize = filter.outputSize
        let tiles = (size + tileSize - 1) / tileSize
        let direct = size * size * window * window
        let count = images * tiles * tiles
        let points = filter.neededPointCount(outputs: size)
        let waste = tiles * tileSize == size ? "" : "; \(tiles * tileSize) squared for \(size)"
        return KernelCase(
            name: (format == .float32 ? "" : "bfloat16 ") + direction.rawValue,
            shape: "\(images)x\(size)x\(size)x\(inputs)->\(outputs) \(window)x\(window)",
            units: images, naiveUnits: 1,
            work: .products(
                images * direct * inputs * outputs,
                saving: Double(direct) / Double(points * points)),
            tolerance: format == .float32 ? KernelCase.longSum : KernelCase.bfloatRounding,
            reason: format == .bfloat16
                ? "transforms of tiles in Float32" + waste
                : reason(direction, channels: inputs * outputs, tiles: count) + waste
        ) { images in
            run(direction, format, geometry: geometry, outputs: outputs, images: images)
        }
    }

    /// Returns the reason for the remaining time. With many channels, the points do not fit in a
    /// cache.
    private static func reason(_ direction: Direction, channels: Int, tiles: Int) -> String {
        let megabytes = WinogradFilter.pointCount * 4 * channels / 1_000_000
        let isLarge = megabytes > 30
        switch direction {
        case .forward, .input:
            return isLarge
                ? "\(megabytes) MB of weights from memory; transforms; chains of 32 terms"
                : "transforms of tiles, and chains of 32 terms for accuracy"
        case .weight:
            return isLarge
                ? "sums of only \(tiles) terms; each 64x32 block at 36 points transformed at once"
                : "two transforms of every tile; sums over a block, in chains of 16"
        }
    }

    private static func run(
        _ direction: Direction, _ format: ProductFormat, geometry: PatchGeometry, outputs: Int,
        images: Int
    ) -> KernelRun {
        let x = BenchmarkData.normal(images * geometry.input.count)
        let gradient = BenchmarkData.normal(
            images * geometry.outputPixelCount * outputs, stream: 1)
        let weights = BenchmarkData.normal(geometry.patchCount * outputs, stream: 2)
        let convolution = WinogradConvolution(
            geometry: geometry, outputs: outputs, formats: [format])
        let workspace = WinogradConvolution.Workspace(convolution)
        let inputs = geometry.input.channels
        let filter = WinogradFilter(window: geometry.window) ?? .window3
        let packed = winogradWeights(
            filter, inputs: inputs, outputs: outputs, format: format
        ).weights
        let pool = ThreadPool()
        if direction == .input {
            packed.packTurned(weights, pool: pool)
        } else {
            packed.pack(weights, pool: pool)
        }
        let count =
            switch direction {
            case .forward: gradient.count
            case .input: x.count
            case .weight: weights.count
            }
        let fast = FloatBuffer(count: count).all
        let (naiveX, naiveGradient) = (x.values, gradient.values)
        let naiveWeights = weights.values
        var naive: [Float] = []
        return KernelRun(
            fast: {
                switch direction {
                case .forward:
                    convolution.forward(
                        x, squared: false, weights: packed, into: fast, workspace: workspace)
                case .input:
                    convolution.inputGradient(
                        gradient, weights: packed, into: fast, workspace: workspace)
                case .weight:
                    convolution.weightGradient(
                        x, squared: false, gradient: gradient, into: fast, format: format,
                        workspace: workspace)
                }
            },
            naive: {
                naive =
                    switch direction {
                    case .forward:
                        Reference.convolution(
                            naiveX, weights: naiveWeights, geometry: geometry, images: images,
                            outputs: outputs)
                    case .input:
                        Reference.convolutionInputGradient(
                            naiveGradient, weights: naiveWeights, geometry: geometry,
                            images: images, outputs: outputs)
                    case .weight:
                        Reference.convolutionWeightGradient(
                            naiveGradient, input: naiveX, geometry: geometry, images: images,
                            outputs: outputs)
                    }
            }, results: { [(fast.values, naive)] })
    }

    private static func winogradWeights(
        _ filter: WinogradFilter, inputs: Int, outputs: Int, format: ProductFormat = .float32
    ) -> (weights: WinogradWeights, points: FloatView) {
        let count = WinogradWeights.count(
            filter: filter, inputs: inputs, outputs: outputs, format: format)
        let points = FloatBuffer(count: count).all
        return (
            WinogradWeights(
                filter: filter, inputs: inputs, outputs: outputs, format: format, in: points),
            points
        )
    }

    /// Creates a case of packing weights. The channels are multiples of 32, so panels need no
    /// padding.
    private static func weights(
        isTurned: Bool, window: Int, inputs: Int, outputs: Int
    ) -> KernelCase {
        let filter = WinogradFilter(window: window) ?? .window3
        let plane = inputs * outputs
        let taps = window * window
        return KernelCase(
            name: isTurned ? "pack turned Winograd weights" : "pack Winograd weights",
            shape: "\(window)x\(window)x\(inputs)x\(outputs)", units: 1, naiveUnits: 1,
            work: .pass(values: (taps + WinogradFilter.pointCount) * plane),
            reason: isTurned
                ? "36 planes 1 MB apart; blocks of 16x16 are transposed in cache"
                : "36 planes 1 MB apart, written past the caches"
        ) { _ in
            let values = BenchmarkData.normal(taps * plane)
            let (packed, points) = winogradWeights(filter, inputs: inputs, outputs: outputs)
            let naiveValues = values.values
            var naive = points.values
            let pool = ThreadPool()
            return KernelRun(
                fast: {
                    isTurned
                        ? packed.packTurned(values, pool: pool) : packed.pack(values, pool: pool)
                },
                naive: {
                    Reference.winogradWeights(
                        naiveValues, window: window, inner: isTurned ? outputs : inputs,
                        columns: isTurned ? inputs : outputs, isTurned: isTurned,
                        into: &naive)
                }, results: { [(points.values, naive)] })
        }
    }
}
