internal import LRNetKernels
internal import LRNetLayers

/// The parameter updates of one step.
///
/// Each layer is updated as soon as its gradient is complete, while the backward passes of earlier
/// layers still run. Those passes overlap with the gathering of the new parameters.
///
/// The rest of the step does not read a layer's parameters after that layer's backward pass, so they
/// can be changed. If a gradient is not finite on some rank, other layers may already be updated. Such
/// a step ends the run, and its results must not be saved. A rank whose gradient is not finite leaves
/// that layer unchanged.
final class LayerUpdates {
    private let network: Network
    private let optimizer: MomentOptimizer
    private let reducer: GradientReducer
    private let positions: [ObjectIdentifier: Int]
    private var pending: [Int] = []
    private var pass: Pass?
    /// The position in the network of the first layer whose gradient is not finite on this rank.
    private(set) var nonFiniteLayer: Int?

    /// An optimizer that leaves parameters unchanged.
    private final class NoUpdate: ParameterOptimizer {
        func update(_ parameter: Parameter, _ range: Range<Int>, gradient: FloatView) {}
    }

    /// Prepares the gathers of the parameters. Every rank calls it after reserving the network's
    /// memory.
    init(network: Network, optimizer: MomentOptimizer, reducer: GradientReducer) {
        self.network = network
        self.optimizer = optimizer
        self.reducer = reducer
        positions = Dictionary(
            uniqueKeysWithValues: network.layers.enumerated().map { (ObjectIdentifier($1), $0) })
        reducer.prepareGathers(of: network.parameters)
    }

    /// Begins a step's updates. The optimizer must already have begun the step.
    func begin(_ pass: Pass) {
        self.pass = pass
        pending.removeAll(keepingCapacity: true)
        nonFiniteLayer = nil
    }

    /// Adds a layer whose backward pass is over, and updates all added layers whose sums have
    /// arrived.
    func layerIsDone(_ layer: any Layer) throws {
        guard let position = positions[ObjectIdentifier(layer)] else { return }
        if !layer.parameters.isEmpty { pending.append(position) }
        try updateReadyLayers()
    }

    /// Returns once this rank has updated all layers and begun to gather their parameters. Every
    /// rank calls it.
    func finish() throws {
        try updateReadyLayers()
        while !pending.isEmpty {
            try reducer.waitForNext()
            try updateReadyLayers()
        }
        pass = nil
    }

    private func updateReadyLayers() throws {
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
