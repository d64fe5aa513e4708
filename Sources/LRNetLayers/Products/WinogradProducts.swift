internal import LRNetKernels

/// Products by Winograd's algorithm, for convolutions of stride 1 with windows of 3 or 5.
final class WinogradProducts: LayerProducts {
    private let convolution: WinogradConvolution
    private let filter: WinogradFilter
    private let shape: WeightShape
    private let mean: WinogradWeights
    private let variance: WinogradWeights?
    private let inputCount: Int
    private var scratch: [Scratch] = []

    /// What one thread needs.
    private struct Scratch {
        let workspace: WinogradConvolution.Workspace
        /// A leaf's gradients at the points.
        let meanPoints, variancePoints: FloatBuffer
        let squareGradient: FloatBuffer
    }

    /// The fewest input and output channels at which this is faster than direct products.
    ///
    /// Measured on one AVX-512 core (Zen 5), effective GFLOP/s of output, input gradient and weight
    /// gradient, direct against Winograd: window 3, 28x28, 16 to 16 channels 92, 140, 91 against
    /// 167, 167, 183; 64 to 64: 229, 233, 239 against 633, 643, 672. Window 5, 14x14, 16 to 32:
    /// 214, 204, 214 against 312, 158, 353; 32 to 32: 229, 219, 227 against 329, 332, 395.
    private static func leastChannels(window: Int) -> Int { window == 3 ? 16 : 32 }

    /// Whether a layer of this geometry is computed this way: a matter of shapes alone, because
    /// the choice decides bits.
    static func serves(_ geometry: PatchGeometry, outputs: Int) -> Bool {
        WinogradFilter(window: geometry.window) != nil && geometry.stride == 1
            && min(geometry.input.channels, outputs) >= leastChannels(window: geometry.window)
    }

    /// - Precondition: ``serves(_:outputs:)`` holds.
    init(
        geometry: PatchGeometry, shape: WeightShape, hasVariance: Bool, needsInputGradient: Bool
    ) {
        guard let filter = WinogradFilter(window: geometry.window) else {
            preconditionFailure("no Winograd for window \(geometry.window)")
        }
        self.filter = filter
        self.shape = shape
        convolution = WinogradConvolution(geometry: geometry, outputs: shape.outputs)
        inputCount = geometry.input.count
        func weights() -> WinogradWeights {
            WinogradWeights(
                filter: filter, inputs: shape.inputs, outputs: shape.outputs,
                hasBackward: needsInputGradient)
        }
        mean = weights()
        variance = hasVariance ? weights() : nil
    }

    func panelSize(microBatch: Int) -> Int { microBatch }

    func reserve(panelSize: Int, workerCount: Int, needsInputGradient: Bool) {
        let points = convolution.weightPointCount
        scratch = (0..<workerCount).map { _ in
            Scratch(
                workspace: WinogradConvolution.Workspace(convolution),
                meanPoints: FloatBuffer(count: points),
                variancePoints: FloatBuffer(count: variance == nil ? 0 : points),
                squareGradient: FloatBuffer(
                    count: needsInputGradient && variance != nil ? panelSize * inputCount : 0))
        }
    }

    func pack(_ weights: PreparedWeights, withBackward: Bool, pool: ThreadPool) {
        mean.pack(weights.mean, withBackward: withBackward, pool: pool)
        if let values = weights.variance {
            variance?.pack(values, withBackward: withBackward, pool: pool)
        }
    }

    func forward(_ input: FloatView, into output: MomentViews, worker: Int) {
        let workspace = scratch[worker].workspace
        convolution.forward(
            input, squared: false, weights: mean, into: output.mean, workspace: workspace)
        guard let target = output.variance, let variance else { return }
        convolution.forward(
            input, squared: true, weights: variance, into: target, workspace: workspace)
    }

    func weightGradient(
        _ input: FloatView, gradient: MomentViews, into target: MomentViews, isFirst: Bool,
        isLast: Bool, worker: Int
    ) {
        let scratch = scratch[worker]
        convolution.weightGradient(
            input, squared: false, gradient: gradient.mean, into: scratch.meanPoints.all,
            accumulate: !isFirst, workspace: scratch.workspace)
        if isLast { finish(scratch.meanPoints, into: target.mean) }
        guard let slope = gradient.variance, let variance = target.variance else { return }
        convolution.weightGradient(
            input, squared: true, gradient: slope, into: scratch.variancePoints.all,
            accumulate: !isFirst, workspace: scratch.workspace)
        if isLast { finish(scratch.variancePoints, into: variance) }
    }

    private func finish(_ points: FloatBuffer, into target: FloatView) {
        WinogradWeights.transformGradient(
            points.all, filter: filter, inputs: shape.inputs, outputs: shape.outputs, into: target)
    }

    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int
    ) {
        let scratch = scratch[worker]
        convolution.inputGradient(
            gradient.mean, weights: mean, into: result, workspace: scratch.workspace)
        guard let slope = gradient.variance, let variance else { return }
        let square = scratch.squareGradient[0..<result.count]
        convolution.inputGradient(
            slope, weights: variance, into: square, workspace: scratch.workspace)
        Elementwise.addSquareGradient(square, input: input, to: result)
    }
}
