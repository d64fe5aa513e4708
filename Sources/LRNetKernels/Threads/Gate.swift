internal import CThreads
internal import Dispatch
internal import Synchronization

/// A place where one thread waits until another has opened it: it looks for some microseconds, and
/// then sleeps.
///
/// To be woken takes a thread longer than many of a step's loops: where threads slept at once, a step of
/// ResNet-18 in two threads took about two percent longer.
final class Gate: @unchecked Sendable {
    private let isOpen = Atomic<Bool>(false)
    private let isAsleep = Atomic<Bool>(false)
    private let wake = DispatchSemaphore(value: 0)

    /// Looks before a thread sleeps: some 25 microseconds.
    private static let lookCount = 1000

    /// Returns once the gate has been opened, and closes it again. One thread at a time.
    func pass() {
        for _ in 0..<Self.lookCount {
            if isOpen.load(ordering: .acquiring) {
                isOpen.store(false, ordering: .relaxed)
                return
            }
            lrnet_spin_hint()
        }
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        // Opened in between: awake again, unless the other thread has seen the sleeper and will signal.
        let isAwake =
            isOpen.load(ordering: .sequentiallyConsistent)
            && isAsleep.exchange(false, ordering: .sequentiallyConsistent)
        if !isAwake { wake.wait() }
        isOpen.store(false, ordering: .relaxed)
    }

    /// Opens the gate: what was written before is seen by who passes. Not again before it was passed.
    func open() {
        isOpen.store(true, ordering: .sequentiallyConsistent)
        if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { wake.signal() }
    }
}
