internal import LRNetCollectives
internal import LRNetHDF5
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// The transfer of a run's state between the ranks that own it and rank 0, which saves, hashes and
/// restores it.
///
/// Every rank has all parameters and batch norm's averages, and the optimizer's moments of its
/// shares. Moments are sent one tensor at a time. Every method is a collective.
struct StateTransfer {
    private let group: any ProcessGroup
    private let network: Network
    private let optimizer: MomentOptimizer
    private let reducer: GradientReducer

    init(
        group: any ProcessGroup, network: Network, optimizer: MomentOptimizer,
        reducer: GradientReducer
    ) {
        self.group = group
        self.network = network
        self.optimizer = optimizer
        self.reducer = reducer
    }

    /// Returns a copy of the whole state on rank 0, and `nil` on other ranks.
    func snapshot(_ trace: WeightTrace) throws -> StateSnapshot? {
        var tensors: [StateSnapshot.Tensor] = []
        for (parameter, moments) in zip(network.parameters, optimizer.moments) {
            func copy() -> FloatView {
                FloatBuffer(count: group.isCoordinator ? parameter.value.count : 0).all
            }
            let tensor = StateSnapshot.Tensor(
                name: parameter.name, value: copy(), first: copy(), second: copy())
            if group.isCoordinator { tensor.value.copy(from: parameter.value) }
            for (own, whole) in [
                (moments.first, tensor.first), (moments.second, tensor.second),
            ] {
                if let slices = slices(of: parameter) {
                    try group.gather(own, slices: slices, into: whole)
                } else if group.isCoordinator {
                    whole.copy(from: own)
                }
            }
            tensors.append(tensor)
        }
        guard group.isCoordinator else { return nil }
        let averages = network.batchNorms.map {
            StateSnapshot.Averages(
                layer: $0.name, mean: $0.movingMean, variance: $0.movingVariance)
        }
        return StateSnapshot(tensors: tensors, averages: averages, trace: trace.saved)
    }

    /// Returns the SHA-256 of everything that training resumes from: for each parameter its values
    /// and its two moments as little-endian Float32, then batch norm's averages as little-endian
    /// Double. Rank 0 computes it.
    func hash() throws -> String {
        var hash = ContentHash()
        let scratch = makeScratch()
        for (parameter, moments) in zip(network.parameters, optimizer.moments) {
            if group.isCoordinator { hash.update(parameter.value) }
            for own in [moments.first, moments.second] {
                var whole = own
                if let slices = slices(of: parameter) {
                    whole = scratch[0..<(group.isCoordinator ? slices.count : 0)]
                    try group.gather(own, slices: slices, into: whole)
                }
                if group.isCoordinator { hash.update(whole) }
            }
        }
        hash.update(averagesInBytes)
        let hex = group.isCoordinator ? Array(hash.hex.utf8) : []
        return String(decoding: try group.broadcast(hex, root: 0), as: UTF8.self)
    }

    /// Throws on all ranks if some rank's parameters or averages differ from those of rank 0.
    ///
    /// - Parameter step: Steps trained, for the message.
    func checkAgreement(step: Int) throws {
        if group.size == 1 { return }
        var own = Array(ContentHash.of(averagesInBytes).utf8)
        for parameter in network.parameters {
            withUnsafeBytes(of: Checksum.of(parameter.value)) { own += $0 }
        }
        let first = try group.broadcast(own, root: 0)
        let failure = Failure(
            call: "step \(step)", subject: "the run's state",
            message: "differs from rank 0's; one machine computes incorrectly or runs a different "
                + "build", exitStatus: .internalError)
        try group.agree(own == first ? nil : failure)
    }

    /// Restores the whole state from a checkpoint.
    ///
    /// - Parameter file: The checkpoint on rank 0; `nil` on other ranks.
    /// - Throws: `Failure` on all ranks if the file contains a different network; network and
    ///   optimizer are then unusable.
    func restore(from file: HDF5File?) throws {
        let scratch = makeScratch()
        for (parameter, moments) in zip(network.parameters, optimizer.moments) {
            let name = parameter.name
            try read(Checkpoint.valuePath(name), of: file, into: parameter.value)
            try group.broadcast(parameter.value, root: 0)
            for (path, own) in [
                (Checkpoint.firstPath(name), moments.first),
                (Checkpoint.secondPath(name), moments.second),
            ] {
                if let slices = slices(of: parameter) {
                    let whole = scratch[0..<(group.isCoordinator ? slices.count : 0)]
                    try read(path, of: file, into: whole)
                    try group.scatter(whole, slices: slices, into: own)
                } else {
                    try read(path, of: file, into: own)
                    try group.broadcast(own, root: 0)
                }
            }
        }
        for layer in network.batchNorms {
            let averages = try group.sharing {
                let averages = try file.map { try Checkpoint.averages(of: layer, in: $0) }
                return [averages?.mean ?? [], averages?.variance ?? []].map { $0.map(\.bitPattern) }
            }.map { $0.map { Double(bitPattern: $0) } }
            layer.restore(movingMean: averages[0], movingVariance: averages[1])
        }
    }

    /// Reads a tensor on rank 0; an error is thrown on all ranks.
    private func read(_ path: String, of file: HDF5File?, into view: FloatView) throws {
        _ = try group.fromCoordinator {
            if let file { try Checkpoint.read(path, of: file, into: view) }
            return []
        }
    }

    /// Returns the slices in which the ranks own a parameter's moments; `nil` if rank 0 has all.
    private func slices(of parameter: Parameter) -> SlicePartition? {
        if group.size == 1 { return nil }
        return parameter.shareUnit.map { reducer.slices(of: parameter.value.count, unit: $0) }
    }

    /// Returns memory on rank 0 for the largest tensor whose moments are divided.
    private func makeScratch() -> FloatView {
        let counts = network.parameters.compactMap { slices(of: $0)?.count }
        return FloatBuffer(count: group.isCoordinator ? counts.max() ?? 0 : 0).all
    }

    /// Batch norm's averages as little-endian Double: for each layer the means, then the variances.
    private var averagesInBytes: [UInt8] {
        network.batchNorms.flatMap { $0.movingMean + $0.movingVariance }
            .map(\.bitPattern.littleEndian).withUnsafeBytes { Array($0) }
    }
}
