package import LRNetKernels

/// A stage of a network: forward and backward over the samples of one process.
///
/// Activations are NHWC, sample after sample, without gaps. A layer owns its output and its input
/// gradient; they are overwritten by the next pass.
package protocol Layer: AnyObject {
    /// `conv1`; unique in the network.
    var name: String { get }

    /// The shape of one sample.
    var inputShape: ImageShape { get }

    /// The shape of one sample's output.
    var outputShape: ImageShape { get }

    /// The runs of layers that this one is made of, in the order of their parameters and of their
    /// backward passes; passes are this layer's own affair, all else is done to them as to any layer
    /// of the network.
    var branches: [[any Layer]] { get }

    /// The learned tensors, in the order of checkpoints and hashes; without those of ``branches``.
    var parameters: [Parameter] { get }

    /// The number of values that the layer adds to the exchanged gradient vector.
    var gradientCount: Int { get }

    /// Tells the layer its range of the gradient vector.
    func assignGradients(_ range: Range<Int>)

    /// The number of those values that each leaf contributes to; the others come from the whole batch.
    var leafGradientCount: Int { get }

    /// The buffer of the input's gradient. A layer says it because the memory of a run is planned from it.
    var inputGradientBuffer: InputGradientBuffer { get }

    /// The function that a finished network has in the layer's place; `nil` if none can be exported.
    var inference: InferenceStep? { get }

    /// Allocates activations, and asks for memory that is shared.
    ///
    /// - Parameter memory: What the layers of the network use in turns.
    func reserve(_ size: PassSize, memory: ScratchMemory)

    /// Makes what is the same for all samples of a training step: moments, or drawn weights.
    func prepare(_ pass: Pass)

    /// Computes the output.
    func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView

    /// Computes the input's gradient, and the leaves' gradients into `pass.gradients`.
    ///
    /// - Parameter gradient: dL/d output; may be overwritten and returned.
    /// - Returns: dL/d input; empty where the layer was told that nobody wants it.
    func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView

    /// Whether the exchanged sums that this process has of the layer are finite numbers.
    func hasFiniteGradients(_ pass: Pass) -> Bool

    /// Turns the exchanged sums into the parameters' whole gradients, for inspection; one process, or
    /// all sums at hand.
    func finishGradients(_ pass: Pass)

    /// Updates this process's share of the parameters from the exchanged sums, and begins to gather
    /// the shares of the others.
    func update(_ pass: Pass, by optimizer: any ParameterOptimizer) throws

    /// Called when the optimizer has changed the parameters.
    func didUpdate()
}

extension Layer {
    /// None.
    package var branches: [[any Layer]] { [] }

    /// None.
    package var parameters: [Parameter] { [] }

    /// None.
    package var inference: InferenceStep? { nil }

    /// None.
    package var gradientCount: Int { 0 }

    /// All of them.
    package var leafGradientCount: Int { gradientCount }

    /// Does nothing.
    package func assignGradients(_ range: Range<Int>) {}

    /// Does nothing.
    package func prepare(_ pass: Pass) {}

    /// Whether the whole gradients of all parameters are.
    package func hasFiniteGradients(_ pass: Pass) -> Bool {
        parameters.allSatisfy { Elementwise.nonFiniteCount($0.gradient) == 0 }
    }

    /// Does nothing.
    package func finishGradients(_ pass: Pass) {}

    /// Updates all parameters, from their whole gradients.
    package func update(_ pass: Pass, by optimizer: any ParameterOptimizer) throws {
        for parameter in parameters {
            let count = parameter.value.count
            optimizer.update(parameter, 0..<count, gradient: parameter.gradient)
        }
    }

    /// Does nothing.
    package func didUpdate() {}
}

/// What changes parameters by their gradients.
package protocol ParameterOptimizer: AnyObject {
    /// Updates a range of a parameter; may be called for several ranges at the same time.
    ///
    /// - Parameter gradient: dL/d value of the range, without decay.
    func update(_ parameter: Parameter, _ range: Range<Int>, gradient: FloatView)
}

/// The most that a pass brings to a process.
package struct PassSize: Sendable {
    /// Samples of the process.
    package let sampleCount: Int
    /// Samples of a product.
    package let microBatch: Int
    /// Samples of the whole batch, over all processes.
    package let globalCount: Int

    /// Creates a size.
    package init(sampleCount: Int, microBatch: Int, globalCount: Int) {
        self.sampleCount = sampleCount
        self.microBatch = microBatch
        self.globalCount = globalCount
    }
}

extension Layer {
    /// Allocates what a layer needs by itself, outside a network.
    package func reserve(sampleCount: Int, microBatch: Int, workerCount: Int) {
        let size = PassSize(
            sampleCount: sampleCount, microBatch: microBatch, globalCount: sampleCount)
        [self as any Layer].reserve(size, workerCount: workerCount)
    }
}

extension Sequence<any Layer> {
    /// Allocates what the layers need, with one shared memory.
    func reserve(_ size: PassSize, workerCount: Int) {
        let memory = ScratchMemory(workerCount: workerCount)
        for layer in self { layer.reserve(size, memory: memory) }
        memory.allocate()
    }

    /// The layers with all layers of their branches, each before the layer that it is part of.
    var flattened: [any Layer] { flatMap { $0.branches.flatMap(\.flattened) + [$0] } }
}

extension BidirectionalCollection<any Layer> {
    /// Computes the output of the last layer; the input itself where there is none.
    func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        var values = input
        for layer in self {
            values = try layer.forward(values, pass)
            pass.observer?(layer, values, false)
        }
        return values
    }

    /// The layers with all layers of their branches, in the order in which ``backward(_:_:)`` is done
    /// with them.
    var inBackwardOrder: [any Layer] {
        reversed().flatMap { $0.branches.flatMap(\.inBackwardOrder) + [$0] }
    }

    /// Computes the gradient of the first layer's input from that of the last layer's output.
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
