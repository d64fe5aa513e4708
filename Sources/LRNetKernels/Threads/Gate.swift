internal import CThreads
internal import Dispatch
internal import Synchronization

/// A gate at which one thread waits until another thread opens it. The waiting thread spins for
/// some microseconds, then sleeps.
///
/// Waking a thread takes longer than many of a step's loops. When threads slept immediately, a step
/// of ResNet-18 on two threads took about two percent longer.
final class Gate: @unchecked Sendable {
    private let isOpen = Atomic<Bool>(false)
    private let isAsleep = Atomic<Bool>(false)
    private let wake = DispatchSemaphore(value: 0)

    /// The number of checks before a thread sleeps: about 25 microseconds.
    private static let spinCount = 1000

    /// Waits until the gate is open, then closes it. Only one thread may wait at a time.
    func wait() {
        for _ in 0..<Self.spinCount {
            if isOpen.load(ordering: .acquiring) {
                isOpen.store(false, ordering: .relaxed)
                return
            }
            lrnet_spin_hint()
        }
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        // If the gate has been opened in the meantime, do not sleep, unless the other thread has
        // seen the sleeper and will signal it.
        let isAwake =
            isOpen.load(ordering: .sequentiallyConsistent)
            && isAsleep.exchange(false, ordering: .sequentiallyConsistent)
        if !isAwake { wake.wait() }
        isOpen.store(false, ordering: .relaxed)
    }

    /// Opens the gate. The waiting thread sees everything written before this call. The gate must
    /// not be opened again before that thread has passed.
    func open() {
        isOpen.store(true, ordering: .sequentiallyConsistent)
        if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { wake.signal() }
    }
}
