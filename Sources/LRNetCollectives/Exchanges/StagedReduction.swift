import LRNetKernels

/// The stages of a sum to slices, one after another.
///
/// The first node of a stage's result is in the output, in the range that this rank holds after the
/// stage; further ones are in scratch memory.
final class StagedReduction {
    private let plan: ReductionPlan
    private let stages: [SliceReduction]
    /// The results of each stage. The first of each is set when the output is known.
    private var results: [[FloatView]]
    private var current = 0
    private var isUnderWay = false

    /// - Parameter group: The MPI group; `nil` for one process.
    init(group: MPIProcessGroup?, plan: ReductionPlan, tag: Int32) {
        self.plan = plan
        stages = plan.stages.map { SliceReduction(group: group, stage: $0, of: plan, tag: tag) }
        let scratch = FloatBuffer(count: plan.scratchCount)
        var start = 0
        results = plan.stages.map { stage in
            stage.sums.indices.map { index in
                if index == 0 { return scratch[0..<0] }
                defer { start += stage.own.count }
                return scratch[start..<start + stage.own.count]
            }
        }
    }

    /// Posts the first messages; ``step(isWaiting:)`` continues.
    ///
    /// - Parameters:
    ///   - nodes: This rank's nodes, which must not change until the sum is done.
    ///   - output: The whole buffer, which can be one of the nodes.
    func start(nodes: [FloatView], output: FloatView) throws {
        for (index, stage) in plan.stages.enumerated() where !stage.sums.isEmpty {
            results[index][0] = output[stage.own]
        }
        current = 0
        isUnderWay = true
        try stages[0].start(nodes: nodes, results: results[0])
    }

    /// Adds what has arrived, posts the next messages, and returns true if the sum is done.
    func step(isWaiting: Bool) throws -> Bool {
        var isWaiting = isWaiting
        while try isUnderWay && stages[current].step(isWaiting: isWaiting) {
            current += 1
            if current == stages.count {
                isUnderWay = false
            } else {
                // The next stage may already be done, if it has nothing to send.
                isWaiting = false
                try stages[current].start(nodes: results[current - 1], results: results[current])
            }
        }
        return !isUnderWay
    }
}
