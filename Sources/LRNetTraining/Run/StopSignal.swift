internal import Dispatch
internal import Foundation
internal import Synchronization

/// Notes signals that ask a run to stop: SIGUSR1, SIGUSR2, SIGTERM and SIGINT. The run then saves a
/// checkpoint behind the current step and ends with exit code 75.
///
/// A second SIGINT ends the process at once.
final class StopSignal {
    private let flag = Flag()
    private let sources: [any DispatchSourceSignal]

    /// - Parameter beacon: Told of the first signal.
    init(beacon: ProgressBeacon) {
        let flag = flag
        sources = [SIGUSR1, SIGUSR2, SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(
                signal: number, queue: .global(qos: .userInitiated))
            source.setEventHandler {
                beacon.noteStopAsked()
                if flag.note() && number == SIGINT { _exit(130) }
            }
            source.resume()
            return source
        }
    }

    /// Whether a signal has come.
    var isWanted: Bool { flag.isSet }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)

        var isSet: Bool { value.load(ordering: .relaxed) }

        /// Sets the flag; returns whether it was set already.
        func note() -> Bool { value.exchange(true, ordering: .relaxed) }
    }
}
