internal import LRNetKernels

/// Products by Winograd's algorithm, for convolutions of stride 1 with windows of 2 to 5, and for
/// convolutions of stride 2 that folding their images converts to such.
final class WinogradProducts: LayerProducts {
    /// The convolution of stride 1; its images are folded if there is a folding.
    private let geometry: PatchGeometry
    private let folding: FoldedGeometry?
    private let convolution: WinogradConvolution
    private let filter: WinogradFilter
    private let outputs: Int
    private let hasVariance: Bool
    /// The number format of the products of variances.
    private let varianceFormat: ProductFormat
    private var panelSize = 0
    private var memory = ScratchMemory(workerCount: 1)

    /// The minimum number of input and output channels for which this is faster than direct
    /// products.
    ///
    /// Measured on one AVX-512 core (Zen 5), effective GFLOP/s of output, input gradient and weight
    /// gradient, direct against Winograd: window 3, 28x28, 16 to 16 channels: 92, 140, 91 against
    /// 167, 167, 183; 64 to 64: 229, 233, 239 against 633, 643, 672. Window 5, 14x14, 16 to 32:
    /// 214, 204, 214 against 312, 158, 353; 32 to 32: 229, 219, 227 against 329, 332, 395.
    private static func minimumChannels(window: Int) -> Int { window == 3 ? 16 : 32 }

    /// Returns true if a layer with this geometry uses Winograd's algorithm. Only shapes decide,
    /// because the choice affects the bits of the results.
    static func serves(_ geometry: PatchGeometry, outputs: Int) -> Bool {
        if let folding = FoldedGeometry(geometry) { return serves(folding, outputs: outputs) }
        return WinogradFilter(window: geometry.window) != nil && geometry.stride == 1
            && min(geometry.input.channels, outputs) >= minimumChannels(window: geometry.window)
    }

    /// Returns true if a folded convolution uses Winograd's algorithm. Folded windows have few
    /// taps, so the algorithm saves less: at most three quarters of the products may remain, and
    /// the weights must fit in cache at the points, where they occupy nine times their memory.
    ///
    /// Measured on one AVX-512 core (Zen 4), window 3, milliseconds of packing, output and
    /// gradients, direct against Winograd: 8 images of 28x28, 128 to 256 channels, 1,156 of 1,764
    /// products: 25 against 19; 14x14, 256 to 512, 324 of 441 products, 76 MB of weights: 26
    /// against 28; 32 images of 6x6, 64 of 81 products: 19 against 26.
    private static func serves(_ folding: FoldedGeometry, outputs: Int) -> Bool {
        guard let filter = WinogradFilter(window: folding.folded.window) else { return false }
        let (rows, columns) = (folding.folded.outputHeight, folding.folded.outputWidth)
        let products =
            4 * filter.neededPointCount(outputs: rows) * filter.neededPointCount(outputs: columns)
        let directProducts = folding.original.window * folding.original.window * rows * columns
        let inputs = folding.folded.input.channels
        return min(inputs, outputs) >= 12 && 4 * products <= 3 * directProducts
            && WinogradFilter.pointCount * inputs * outputs <= foldedWeightLimit
    }

    /// The maximum number of values of folded weights at the points: 32 MiB.
    private static let foldedWeightLimit = 8 << 20

    /// - Precondition: ``serves(_:outputs:)`` returns true.
    init(
        geometry: PatchGeometry, shape: WeightShape, hasVariance: Bool,
        varianceFormat: ProductFormat
    ) {
        folding = FoldedGeometry(geometry)
        self.geometry = folding?.folded ?? geometry
        guard let filter = WinogradFilter(window: self.geometry.window) else {
            preconditionFailure("no Winograd filter for window \(self.geometry.window)")
        }
        self.filter = filter
        outputs = shape.outputs
        self.hasVariance = hasVariance
        self.varianceFormat = varianceFormat
        let formats = hasVariance ? [.float32, varianceFormat] : [ProductFormat.float32]
        convolution =
            folding.map {
                WinogradConvolution(folding: $0, outputs: shape.outputs, formats: formats)
            }
            ?? WinogradConvolution(geometry: geometry, outputs: shape.outputs, formats: formats)
    }

    func panelSize(microBatch: Int) -> Int { microBatch }

    func spanSize(_: PassSize, threads _: Int) -> Int? { nil }

    func reserve(panelSize: Int, needsInputGradient: Bool, memory: ScratchMemory) {
        self.memory = memory
        self.panelSize = panelSize
        memory.need(
            weights: weightEnd(ofVariance: hasVariance) + foldedWeightCount,
            scratch: convolution.workspaceCount + windowCount * foldedWeightCount
                + (needsInputGradient ? 2 : 1) * foldedImageCount(panelSize))
    }

    /// The number of values of the weights of the mean or the variance at the points.
    private func weightCount(ofVariance: Bool) -> Int {
        WinogradWeights.count(
            filter: filter, inputs: geometry.input.channels, outputs: outputs,
            format: ofVariance ? varianceFormat : .float32)
    }

    /// The end of the weights in memory: the mean's are first, and the variance's follow.
    private func weightEnd(ofVariance: Bool) -> Int {
        weightCount(ofVariance: false) + (ofVariance ? weightCount(ofVariance: true) : 0)
    }

    /// The number of values of the folded window, or of its gradient; 0 without folding.
    private var foldedWeightCount: Int {
        folding == nil ? 0 : geometry.patchCount * outputs
    }

    /// The number of values of folded images; 0 without folding.
    private func foldedImageCount(_ images: Int) -> Int {
        folding == nil ? 0 : images * geometry.input.count
    }

    /// Returns the memory of the mean's or the variance's weights. The folded window follows them.
    private func weights(ofVariance: Bool = false) -> WinogradWeights {
        let end = weightEnd(ofVariance: ofVariance)
        return WinogradWeights(
            filter: filter, inputs: geometry.input.channels, outputs: outputs,
            format: ofVariance ? varianceFormat : .float32,
            in: memory.weights(end)[end - weightCount(ofVariance: ofVariance)..<end])
    }

    private func pack(
        _ weights: PreparedWeights, _ body: (_ target: WinogradWeights, _ values: FloatView) -> Void
    ) {
        body(self.weights(), folded(weights.mean))
        if let variance = weights.variance {
            body(self.weights(ofVariance: true), folded(variance))
        }
    }

    private func folded(_ weights: FloatView) -> FloatView {
        guard let folding else { return weights }
        let start = weightEnd(ofVariance: hasVariance)
        let window = memory.weights(start + foldedWeightCount)[start..<start + foldedWeightCount]
        folding.foldWeights(weights, into: window)
        return window
    }

    func packForward(_ weights: PreparedWeights, pool: ThreadPool) {
        pack(weights) { $0.pack($1, pool: pool) }
    }

    func packBackward(_ weights: PreparedWeights, pool: ThreadPool) {
        pack(weights) { $0.packTurned($1, pool: pool) }
    }

    func forward(_ input: FloatView, into output: MomentViews, worker: Int) {
        let workspace = workspace(worker)
        let input = folded(input, worker)
        convolution.forward(
            input, squared: false, weights: weights(), into: output.mean, workspace: workspace)
        guard let target = output.variance else { return }
        convolution.forward(
            input, squared: true, weights: weights(ofVariance: true), into: target,
            workspace: workspace)
    }

    /// The gradient of a folded window is unfolded as a whole, so it is not divided.
    var gradientPanelCount: Int {
        folding == nil ? MatrixProduct.panelCount(columns: outputs) : 1
    }

    func weightGradient(
        _ input: FloatView, gradient: MomentViews, into target: MomentViews, panelSize: Int,
        panels: Range<Int>, worker: Int
    ) {
        guard !panels.isEmpty else { return }
        let workspace = workspace(worker)
        var moments = [(isSquared: false, gradient: gradient.mean, weights: target.mean)]
        if let varianceGradient = gradient.variance, let variance = target.variance {
            moments.append((isSquared: true, gradient: varianceGradient, weights: variance))
        }
        // Whole leaves at once without folding; otherwise panel by panel.
        guard let folding else {
            // Builds with OpenBLAS have one panel of all outputs; those of the convolution have 32.
            let part = panels == 0..<gradientPanelCount ? nil : panels
            for moment in moments {
                convolution.weightGradient(
                    input, squared: moment.isSquared, gradient: moment.gradient,
                    into: moment.weights, panels: part,
                    format: moment.isSquared ? varianceFormat : .float32, workspace: workspace)
            }
            return
        }
        let windows = moments.indices.map { foldedWindow(worker, number: $0) }
        let (image, result) = (folding.original.input.count, geometry.outputPixelCount * outputs)
        let samples = input.count / image
        if samples == 0 { for window in windows { window.fill(0) } }
        for first in stride(from: 0, to: samples, by: panelSize) {
            let panel = first..<min(first + panelSize, samples)
            let images = folded(input[panel.scaled(by: image)], worker)
            for (moment, window) in zip(moments, windows) {
                convolution.weightGradient(
                    images, squared: moment.isSquared,
                    gradient: moment.gradient[panel.scaled(by: result)], into: window,
                    accumulate: first > 0,
                    format: moment.isSquared ? varianceFormat : .float32, workspace: workspace)
            }
        }
        for (moment, window) in zip(moments, windows) {
            folding.unfoldWeights(window, into: moment.weights)
        }
    }

    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int
    ) {
        let workspace = workspace(worker)
        let target = folding == nil ? result : foldedImages(input, worker, number: 1)
        convolution.inputGradient(
            gradient.mean, weights: weights(), into: target, workspace: workspace)
        if let varianceGradient = gradient.variance {
            convolution.inputGradient(
                varianceGradient, weights: weights(ofVariance: true), into: target,
                squareOf: folded(input, worker), workspace: workspace)
        }
        folding?.unfold(target, into: result)
    }

    // MARK: Scratch: the workspace, folded windows, folded images and their gradients

    /// The number of folded windows of a weight gradient: one for the mean, and one for the
    /// variance.
    private var windowCount: Int { hasVariance ? 2 : 1 }

    private func foldedWindow(_ worker: Int, number: Int) -> FloatView {
        let start = convolution.workspaceCount + number * foldedWeightCount
        return memory.scratch(worker)[start..<start + foldedWeightCount]
    }

    private func workspace(_ worker: Int) -> WinogradConvolution.Workspace {
        WinogradConvolution.Workspace(
            convolution, in: memory.scratch(worker)[0..<convolution.workspaceCount])
    }

    /// Returns the images in the form that the convolution requires.
    private func folded(_ images: FloatView, _ worker: Int) -> FloatView {
        guard let folding else { return images }
        let result = foldedImages(images, worker, number: 0)
        folding.fold(images, into: result)
        return result
    }

    private func foldedImages(_ images: FloatView, _ worker: Int, number: Int) -> FloatView {
        let count = foldedImageCount(images.count / (folding?.original.input.count ?? 1))
        let start =
            convolution.workspaceCount + windowCount * foldedWeightCount
            + number * foldedImageCount(panelSize)
        return memory.scratch(worker)[start..<start + count]
    }
}
