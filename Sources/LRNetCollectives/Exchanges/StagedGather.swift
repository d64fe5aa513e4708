import LRNetKernels

/// The stages of a gather, one after another.
final class StagedGather {
    private let stages: [SliceGather]
    private var current = 0
    private var view: FloatView?

    /// - Parameter group: The MPI group; `nil` for one process.
    init(group: MPIProcessGroup?, plan: GatherPlan, tag: Int32) {
        stages = plan.stages.map { SliceGather(group: group, stage: $0, of: plan, tag: tag) }
    }

    /// Posts the first messages; ``step(isWaiting:)`` continues.
    func start(_ view: FloatView) throws {
        self.view = view
        current = 0
        try stages[0].start(view)
    }

    /// Posts the next messages and returns true if the gather is done.
    func step(isWaiting: Bool) throws -> Bool {
        guard let view else { return true }
        var isWaiting = isWaiting
        while try stages[current].step(isWaiting: isWaiting) {
            current += 1
            if current == stages.count {
                self.view = nil
                return true
            }
            // The next stage may already be done, if it has nothing to send.
            isWaiting = false
            try stages[current].start(view)
        }
        return false
    }
}
