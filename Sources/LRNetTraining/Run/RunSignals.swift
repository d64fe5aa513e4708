internal import LRNetCollectives
internal import LRNetData
internal import LRNetSupport
internal import LRNetWatchdog

/// The external inputs of a run: stop requests, the watchdog's beacon, and faults that tests
/// inject.
struct RunSignals {
    let stop: StopSignal
    let beacon: ProgressBeacon
    private let fault: FaultInjection?
    private let fileFault: String?

    /// Starts the time limit and arms the faults that the environment sets. Every rank calls it.
    init(
        stop: StopSignal, maxMinutes: Double?, beacon: ProgressBeacon, group: any ProcessGroup
    ) throws {
        stop.limit(minutes: maxMinutes)
        self.stop = stop
        self.beacon = beacon
        stop.tell(beacon)
        fault = try group.agreeing { try FaultInjection.fromEnvironment() }
        fileFault = try group.agreeing { try FileFault.armFromEnvironment() }
    }

    /// Log lines about the armed faults.
    var warnings: [String] { [fault?.warning, fileFault].compactMap { $0 } }

    /// Returns true if a stop was requested on some rank. Every rank calls it.
    func isStopWanted(_ group: any ProcessGroup) throws -> Bool {
        try group.allGather([stop.isWanted ? 1 : 0]).contains([1])
    }

    /// Injects the fault if it is due in the next step.
    func injectFault(
        _ state: RunState, rank: Int, batch: Batch, on trainingStep: TrainingStep
    ) throws {
        try fault?.inject(
            rank: rank, step: state.step + 1, isResumed: state.isResumed, batch: batch,
            on: trainingStep)
    }
}
