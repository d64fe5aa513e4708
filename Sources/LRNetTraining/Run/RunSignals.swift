internal import LRNetCollectives
internal import LRNetData
internal import LRNetSupport
internal import LRNetWatchdog

/// The influences on a run from outside: requests to stop, the watchdog's beacon, and faults that tests ask for.
struct RunSignals {
    let stop: StopSignal
    let beacon: ProgressBeacon
    private let fault: FaultInjection?
    private let fileFault: String?

    /// Arms the faults of the environment. Every rank calls it.
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

    /// Lines for the log about faults.
    var warnings: [String] { [fault?.warning, fileFault].compactMap { $0 } }

    /// Some rank was asked to stop. Every rank calls it.
    func isStopWanted(_ group: any ProcessGroup) throws -> Bool {
        try group.allGather([stop.isWanted ? 1 : 0]).contains([1])
    }

    /// Injects the fault that is due before the next step, if any.
    func injectFault(
        _ state: RunState, rank: Int, batch: Batch, on trainingStep: TrainingStep
    ) throws {
        try fault?.inject(
            rank: rank, step: state.step + 1, isResumed: state.isResumed, batch: batch,
            on: trainingStep)
    }
}
