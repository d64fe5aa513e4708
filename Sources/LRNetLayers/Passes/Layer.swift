package import LRNetKernels

/// A stage of a network, with forward and backward passes over the samples of one process.
///
/// Activations are NHWC, and samples are contiguous. A layer owns its output;
/// ``inputGradientBuffer`` says which buffer contains the gradient of its input. The next pass
/// overwrites both.
package protocol Layer: AnyObject {
    /// A name that is unique in the network, such as `conv1`.
    var name: String { get }

    /// The shape of one sample.
    var inputShape: ImageShape { get }

    /// The shape of one sample's output.
    var outputShape: ImageShape { get }

    /// The sequences of layers that this layer contains, in the order of their parameters and of
    /// their backward passes. This layer runs their forward and backward passes; the network
    /// handles everything else.
    var branches: [[any Layer]] { get }

    /// The learned tensors, in the order of checkpoints and hashes; does not include those of
    /// `branches`.
    var parameters: [Parameter] { get }

    /// The number of values that the layer contributes to the exchanged gradient vector.
    var gradientCount: Int { get }

    /// Sets the layer's range of the gradient vector.
    func assignGradients(_ range: Range<Int>)

    /// The number of those values that are sums over leaves; the others are computed from the whole
    /// batch.
    var leafGradientCount: Int { get }

    /// The buffer that will contain the gradient of the input; the memory of a run is planned with
    /// it.
    var inputGradientBuffer: InputGradientBuffer { get }

    /// The function that replaces the layer in a finished network; `nil` if the layer cannot be
    /// exported.
    var inference: InferenceStep? { get }

    /// Allocates activations, and requests scratch memory.
    ///
    /// - Parameter memory: The scratch memory that the layers of the network use in turns.
    func reserve(_ size: PassSize, memory: ScratchMemory)

    /// Computes the values that all samples of a training step share: moments, or drawn weights.
    func prepare(_ pass: Pass)

    func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView

    /// Computes the gradient of the input, and stores the leaves' gradients in `pass.gradients`.
    ///
    /// - Parameter gradient: dL/d output; may be overwritten and returned.
    /// - Returns: dL/d input; empty if no layer needs it.
    func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView

    /// Returns true if the exchanged sums of the layer on this process are finite.
    func hasFiniteGradients(_ pass: Pass) -> Bool

    /// Computes the complete gradients of the parameters from the exchanged sums, for inspection.
    /// Requires a single process, or all sums on this process.
    func finishGradients(_ pass: Pass)

    /// Updates this process's share of the parameters from the exchanged sums, and begins to gather
    /// the shares of the other processes.
    func update(_ pass: Pass, by optimizer: any ParameterOptimizer) throws

    /// Called after the optimizer has changed the parameters.
    func didUpdate()
}

extension Layer {
    package var branches: [[any Layer]] { [] }
    package var parameters: [Parameter] { [] }
    package var inference: InferenceStep? { nil }
    package var gradientCount: Int { 0 }
    package var leafGradientCount: Int { gradientCount }

    package func assignGradients(_ range: Range<Int>) {}

    package func prepare(_ pass: Pass) {}

    /// Returns true if the complete gradients of all parameters are finite.
    package func hasFiniteGradients(_ pass: Pass) -> Bool {
        parameters.allSatisfy { Elementwise.nonFiniteCount($0.gradient) == 0 }
    }

    package func finishGradients(_ pass: Pass) {}

    /// Updates all parameters from their complete gradients.
    package func update(_ pass: Pass, by optimizer: any ParameterOptimizer) throws {
        for parameter in parameters {
            let count = parameter.value.count
            optimizer.update(parameter, 0..<count, gradient: parameter.gradient)
        }
    }

    package func didUpdate() {}
}

/// An object that changes parameters according to their gradients.
package protocol ParameterOptimizer: AnyObject {
    /// Updates a range of a parameter; may be called for several ranges at the same time.
    ///
    /// - Parameter gradient: dL/d value of the range, without decay.
    func update(_ parameter: Parameter, _ range: Range<Int>, gradient: FloatView)
}

/// The maximum size of a pass on a process.
package struct PassSize: Sendable {
    /// Samples on this process.
    package let sampleCount: Int
    /// Samples of a micro-batch.
    package let microBatch: Int
    /// Samples of the whole batch, on all processes.
    package let globalCount: Int

    package init(sampleCount: Int, microBatch: Int, globalCount: Int) {
        self.sampleCount = sampleCount
        self.microBatch = microBatch
        self.globalCount = globalCount
    }
}

extension Layer {
    /// Allocates the memory that a single layer needs outside a network.
    package func reserve(sampleCount: Int, microBatch: Int, workerCount: Int) {
        let size = PassSize(
            sampleCount: sampleCount, microBatch: microBatch, globalCount: sampleCount)
        [self as any Layer].reserve(size, workerCount: workerCount)
    }
}

extension Sequence<any Layer> {
    /// Allocates the memory that the layers need; they share one scratch memory.
    func reserve(_ size: PassSize, workerCount: Int) {
        let memory = ScratchMemory(workerCount: workerCount)
        for layer in self { layer.reserve(size, memory: memory) }
        memory.allocate()
    }

    /// The layers including all layers of their branches; each comes before the layer that contains
    /// it.
    var flattened: [any Layer] { flatMap { $0.branches.flatMap(\.flattened) + [$0] } }
}

extension BidirectionalCollection<any Layer> {
    /// Computes the output of the last layer, or returns the input if there are no layers.
    func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        var values = input
        for layer in self {
            values = try layer.forward(values, pass)
            pass.observer?(layer, values, false)
        }
        return values
    }

    /// The layers including all layers of their branches, in the order in which ``backward(_:_:)``
    /// completes them.
    var inBackwardOrder: [any Layer] {
        reversed().flatMap { $0.branches.flatMap(\.inBackwardOrder) + [$0] }
    }

    /// Computes the gradient of the first layer's input from the gradient of the last layer's
    /// output.
    func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        var gradient = gradient
        for layer in reversed() {
            gradient = try layer.backward(gradient, pass)
            pass.observer?(layer, gradient, true)
            try pass.layerIsDone?(layer)
        }
        return gradient
    }
}
