internal import LRNetKernels
internal import LRNetLayers

/// Updates each layer as soon as its gradient is complete, while earlier layers still compute, so that
/// gathering the new parameters is hidden behind their backward passes.
///
/// The layer's backward pass is over then, so nothing of the step needs its parameters any more. A
/// gradient that turns out not to be finite on some rank finds other layers updated: such a step ends
/// the run, and nothing of it may be saved. The layer itself stays as it is where its gradient is bad.
final class LayerUpdates {
    private let network: Network
    private let optimizer: MomentOptimizer
    private let reducer: GradientReducer
    private let positions: [ObjectIdentifier: Int]
    private var pending: [Int] = []
    private var pass: Pass?
    /// The first layer whose gradient is not finite on this rank; its position in the network.
    private(set) var nonFiniteLayer: Int?

    /// Takes the place of the optimizer where nothing may change.
    private final class NoUpdate: ParameterOptimizer {
        func update(_ parameter: Parameter, _ range: Range<Int>, gradient: FloatView) {}
    }

    /// Every rank creates it, after memory for the network was reserved.
    init(network: Network, optimizer: MomentOptimizer, reducer: GradientReducer) {
        self.network = network
        self.optimizer = optimizer
        self.reducer = reducer
        positions = Dictionary(
            uniqueKeysWithValues: network.layers.enumerated().map { (ObjectIdentifier($1), $0) })
        reducer.prepareGathers(of: network.parameters)
    }

    /// Begins a step's updates; the optimizer has begun the step.
    func begin(_ pass: Pass) {
        self.pass = pass
        pending.removeAll(keepingCapacity: true)
        nonFiniteLayer = nil
    }

    /// Called when a layer's backward pass is over: updates the layers whose sums have arrived.
    func layerIsDone(_ layer: any Layer) throws {
        guard let position = positions[ObjectIdentifier(layer)] else { return }
        if !layer.parameters.isEmpty { pending.append(position) }
        try updateWhatIsReady()
    }

    /// Returns when all layers are updated here, and their parameters on the way. Every rank calls it.
    func finish() throws {
        try updateWhatIsReady()
        while !pending.isEmpty {
            try reducer.waitForNext()
            try updateWhatIsReady()
        }
        pass = nil
    }

    private func updateWhatIsReady() throws {
        guard let pass else { return }
        var index = 0
        while index < pending.count {
            let position = pending[index]
            guard reducer.hasSummed(network.gradientRanges[position]) else {
                index += 1
                continue
            }
            pending.remove(at: index)
            let layer = network.layers[position]
            if layer.hasFiniteGradients(pass) {
                try layer.update(pass, by: optimizer)
            } else {
                nonFiniteLayer = min(nonFiniteLayer ?? position, position)
                try layer.update(pass, by: NoUpdate())
            }
        }
    }
}
