internal import LRNetKernels

/// Products by Winograd's algorithm, for convolutions of stride 1 with windows of 3 or 5.
final class WinogradProducts: LayerProducts {
    private let convolution: WinogradConvolution
    private let filter: WinogradFilter
    private let shape: WeightShape
    private let hasVariance: Bool
    private var memory = SharedMemory(workerCount: 1)

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
    init(geometry: PatchGeometry, shape: WeightShape, hasVariance: Bool) {
        guard let filter = WinogradFilter(window: geometry.window) else {
            preconditionFailure("no Winograd for window \(geometry.window)")
        }
        self.filter = filter
        self.shape = shape
        self.hasVariance = hasVariance
        convolution = WinogradConvolution(geometry: geometry, outputs: shape.outputs)
    }

    func panelSize(microBatch: Int) -> Int { microBatch }

    func reserve(panelSize: Int, needsInputGradient: Bool, memory: SharedMemory) {
        self.memory = memory
        memory.need(
            weights: (hasVariance ? 2 : 1) * weightCount,
            scratch: convolution.workspaceCount)
    }

    private var weightCount: Int {
        WinogradWeights.count(filter: filter, inputs: shape.inputs, outputs: shape.outputs)
    }

    /// The memory of the mean's weights, and behind it that of the variance's.
    private func weights(ofVariance: Bool = false) -> WinogradWeights {
        let all = memory.weights((ofVariance ? 2 : 1) * weightCount)
        return WinogradWeights(
            filter: filter, inputs: shape.inputs, outputs: shape.outputs,
            in: all[all.count - weightCount..<all.count])
    }

    private func workspace(_ worker: Int) -> WinogradConvolution.Workspace {
        WinogradConvolution.Workspace(
            convolution, in: memory.scratch(worker)[0..<convolution.workspaceCount])
    }

    func packForward(_ weights: PreparedWeights, pool: ThreadPool) {
        self.weights().pack(weights.mean, pool: pool)
        if let variance = weights.variance {
            self.weights(ofVariance: true).pack(variance, pool: pool)
        }
    }

    func packBackward(_ weights: PreparedWeights, pool: ThreadPool) {
        self.weights().packTurned(weights.mean, pool: pool)
        if let variance = weights.variance {
            self.weights(ofVariance: true).packTurned(variance, pool: pool)
        }
    }

    func forward(_ input: FloatView, into output: MomentViews, worker: Int) {
        let workspace = workspace(worker)
        convolution.forward(
            input, squared: false, weights: weights(), into: output.mean, workspace: workspace)
        guard let target = output.variance else { return }
        convolution.forward(
            input, squared: true, weights: weights(ofVariance: true), into: target,
            workspace: workspace)
    }

    func weightGradient(
        _ input: FloatView, gradient: MomentViews, into target: MomentViews, panelSize: Int,
        worker: Int
    ) {
        let workspace = workspace(worker)
        convolution.weightGradient(
            input, squared: false, gradient: gradient.mean, into: target.mean,
            workspace: workspace)
        guard let slope = gradient.variance, let variance = target.variance else { return }
        convolution.weightGradient(
            input, squared: true, gradient: slope, into: variance, workspace: workspace)
    }

    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int
    ) {
        let workspace = workspace(worker)
        convolution.inputGradient(
            gradient.mean, weights: weights(), into: result, workspace: workspace)
        guard let slope = gradient.variance else { return }
        convolution.inputGradient(
            slope, weights: weights(ofVariance: true), into: result, squareOf: input,
            workspace: workspace)
    }
}
