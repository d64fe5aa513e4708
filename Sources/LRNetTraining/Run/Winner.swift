internal import LRNetCollectives
internal import LRNetData
package import LRNetLayers
internal import LRNetSupport
package import LRNetWatchdog

/// The file of the best network so far. It is written whenever a better network is found. At the
/// end of the run it is read back and measured.
///
/// Every rank has a winner, but only rank 0 accesses the file.
package struct Winner {
    private let run: String
    private let folder: RunFolder?
    private let context: RankContext
    private let data: TrainingData
    private let log: RunLog
    private let beacon: ProgressBeacon

    /// - Parameters:
    ///   - run: The run's folder.
    ///   - folder: The same folder, which may be renamed during the run; `nil` on ranks that do not
    ///     write and for a folder that stays in place.
    package init(
        run: String, folder: RunFolder? = nil, context: RankContext, data: TrainingData,
        log: RunLog, beacon: ProgressBeacon
    ) {
        self.run = run
        self.folder = folder
        self.context = context
        self.data = data
        self.log = log
        self.beacon = beacon
    }

    /// Returns the size of the file in bytes; 0 on ranks other than 0. Every rank calls it.
    func byteCount() throws -> Int? {
        try context.group.agreeing {
            context.group.isCoordinator ? try FileBytes.read(path).count : 0
        }
    }

    private var path: String { "\(folder?.path ?? run)/\(NetworkFile.name)" }

    /// Writes a network to the file. Every rank calls it.
    ///
    /// - Returns: The SHA-256 of the file; `nil` on ranks other than 0.
    @discardableResult
    package func write(
        _ network: FinishedNetwork, of leader: CoordinatorState.Leader
    ) throws -> String? {
        try context.group.agreeing {
            guard context.group.isCoordinator else { return nil }
            let recipe = context.recipe
            var metadata = [
                "weights": recipe.weights.model.rawValue,
                "activations": "\(recipe.model.activations)", "step": "\(leader.step)",
                "draw": "\(leader.result.draw)",
                "validationError": "\(leader.result.errorPercent)",
                "recipe": recipe.fingerprint, "data": data.set.fingerprint,
                "batchNormEpsilon": "\(recipe.batchNorm.epsilon)",
                "loss": recipe.loss.rawValue,
            ]
            if leader.result.isLikeliest == true {
                metadata["selection"] = EvaluatedWeights.likeliest.rawValue
            }
            let bytes = try NetworkFile.bytes(of: network, metadata: metadata)
            if let folder {
                try folder.writing {
                    try AtomicFile.write(bytes, to: "\($0)/\(NetworkFile.name)")
                }()
            } else {
                try AtomicFile.write(bytes, to: path)
            }
            return ContentHash.of(bytes)
        }
    }

    /// Measures the file on the test split, once. Every rank calls it.
    ///
    /// If the file is missing, damaged, or not the leader's network, the network is drawn again
    /// from the checkpoint that it came from.
    ///
    /// - Parameters:
    ///   - network: The network with the names and shapes that the file must have.
    ///   - evaluator: The evaluator that measures it.
    /// - Returns: The result, or `nil` without a test split; the file is checked in either case.
    package func measure(
        _ leader: CoordinatorState.Leader, like network: Network, by evaluator: Evaluator
    ) throws -> (result: DrawResult, errors: ErrorMask)? {
        var bytes = try context.group.fromCoordinator { try verifiedBytes(of: leader) }
        if bytes.isEmpty {
            try drawAgain(leader)
            bytes = try context.group.fromCoordinator { try FileBytes.read(path) }
        }
        let finished = try context.group.agreeing {
            try NetworkFile(bytes: bytes, path: path).network(like: network)
        }
        guard data.set.count(.test) > 0 else { return nil }
        try evaluator.beginProgress("testing", split: .test, draws: 1, reestimateBatches: 0)
        let builder = evaluator.maskBuilder(.test)
        let result = try evaluator.measure(finished, on: .test, observer: builder.add)
        var errors = builder.mask
        try errors.combine(context.group)
        return (result, errors)
    }

    /// Reads the file and checks that it is the leader's network.
    ///
    /// - Returns: The bytes; empty if the network must be drawn again. The reason is then in the
    ///   log.
    private func verifiedBytes(of leader: CoordinatorState.Leader) throws -> [UInt8] {
        do {
            let bytes = try FileBytes.read(path)
            let (step, draw) = try NetworkFile(bytes: bytes, path: path).origin
            if step != "\(leader.step)" || draw != "\(leader.result.draw)" {
                log.warning(
                    "network: \(path): is from step \(step), draw \(draw); it is drawn again")
            } else if let expected = leader.fileSHA256, ContentHash.of(bytes) != expected {
                log.warning(
                    "network: \(path): is not the file that this run wrote; it is drawn again")
            } else {
                return bytes
            }
        } catch let failure as Failure
            where [.badData, .inputMissing].contains(failure.exitStatus)
        {
            log.warning("\(failure); it is drawn again")
        }
        return []
    }

    /// Draws the leader's network again. It uses a separate network, because the trained one has
    /// changed since; memory for activations doubles meanwhile.
    private func drawAgain(_ leader: CoordinatorState.Leader) throws {
        func failure(_ reason: String) -> Failure {
            Failure(
                call: "network", subject: path,
                message: "cannot be drawn again from the checkpoint of step \(leader.step): "
                    + "\(reason); train again in a new --output", exitStatus: .badData,
                isAgreed: true)
        }
        let network = context.recipe.makeNetwork(classes: data.set.classes)
        context.reserve(network)
        let step: Int
        do {
            step = try FinishedRun.restore(
                network, from: ["best"], of: folder?.path ?? run, for: "network",
                group: context.group
            ).step
        } catch let reason as Failure where context.group.size == 1 || reason.isAgreed {
            throw failure("\(reason)")
        }
        guard step == leader.step else { throw failure("the best checkpoint is from step \(step)") }
        let evaluator = try Evaluator(
            context: context, network: network, data: data.set, beacon: beacon)
        evaluator.use(data.reader)
        try write(
            evaluator.draw(
                context.recipe.candidate(of: leader.result), step: step,
                reestimateBatches: context.recipe.validation.reestimateBatches), of: leader)
    }
}
