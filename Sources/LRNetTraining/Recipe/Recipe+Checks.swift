internal import LRNetLayers
internal import LRNetSupport

extension Recipe {
    /// Checks the constraints that involve several keys.
    func check(_ failure: (String, String) -> Failure) throws {
        do {
            _ = try network.makeArchitecture()
        } catch let problem as Network.Problem {
            throw failure(problem.key, problem.message)
        }
        try checkAugmentation(failure)
        if let problem = weights.model.problem(with: architecture) {
            throw failure("weights.model", problem)
        }
        guard training.precision == .float32 || model.drawsPreActivations else {
            throw failure(
                "training.precision",
                "mixed rounds the variances of pre-activations, and \(weights.model.rawValue) draws "
                    + "none; use float32")
        }
        try checkBatch(failure)
        if let samples = data.samples, samples < training.globalBatch {
            throw failure(
                "data.samples", "\(samples) is fewer than globalBatch \(training.globalBatch)")
        }
        guard initialization.minimumProbability < initialization.maximumProbability else {
            throw failure(
                "initialization.minimumProbability",
                "\(initialization.minimumProbability) is not below maximumProbability "
                    + "\(initialization.maximumProbability)")
        }
    }

    /// The maximum number of values that the layers may compute for a batch.
    private static let batchValueLimit = 1 << 40

    /// Checks the sizes of the batch, the leaf, the micro-batch and the batch-norm group.
    private func checkBatch(_ failure: (String, String) -> Failure) throws {
        let (batch, leaves) = (training.globalBatch, training.gradientLeaves)
        guard batch % leaves == 0 else {
            throw failure(
                "training.globalBatch",
                "\(batch) is not a multiple of gradientLeaves (\(leaves)); use "
                    + Self.choice(of: [batch / leaves * leaves, (batch / leaves + 1) * leaves]))
        }
        // Addresses have 47 bits, and a step needs several buffers of this size.
        let values = batch * architecture.valueCount
        guard values <= Self.batchValueLimit else {
            throw failure(
                "training.globalBatch",
                "\(batch) images produce \(values) values in the layers of network "
                    + "\(network.name); the limit is \(Self.batchValueLimit): use at most "
                    + "\(max(Self.batchValueLimit / architecture.valueCount, 1)), or a smaller "
                    + "network.width")
        }
        let (leaf, micro) = (training.leafSize, training.microBatch)
        guard leaf % micro == 0 else {
            throw failure(
                "training.microBatch",
                "\(micro) does not divide the leaf of \(leaf) samples (globalBatch \(batch) / "
                    + "gradientLeaves \(leaves)); use "
                    + Self.nearest(to: micro, upTo: leaf) { leaf % $0 == 0 })
        }
        if case .group(let size) = batchNorm.statistics {
            func fits(_ group: Int) -> Bool { group % micro == 0 && batch % group == 0 }
            guard fits(size) else {
                throw failure(
                    "batchNorm.statistics",
                    "a group of \(size) samples must be a multiple of microBatch \(micro) and "
                        + "divide globalBatch \(batch); use "
                        + Self.nearest(to: size, upTo: batch, where: fits))
            }
        }
    }

    /// Returns the nearest numbers below and above that fit: `96 or 104`.
    private static func nearest(
        to number: Int, upTo limit: Int, where fits: (Int) -> Bool
    ) -> String {
        let below = (1...limit).last { $0 < number && fits($0) }
        let above = (1...limit).first { $0 > number && fits($0) }
        return choice(of: [below, above].compactMap { $0 })
    }

    private static func choice(of numbers: [Int]) -> String {
        numbers.filter { $0 > 0 }.map(String.init).joined(separator: " or ")
    }
}
