import Foundation
import LRNetSupport
import Synchronization
import Testing

@Suite struct SystemThreadTests {
    @Test func `a thread that is started runs its work`() throws {
        let done = DispatchSemaphore(value: 0)
        try SystemThread.start("test") { done.signal() }
        #expect(done.wait(timeout: .now() + 20) == .success)
    }

    /// A stack that exceeds the address space causes the same error as a limit on threads.
    @Test func `a thread that cannot be created is an error with remedies`() {
        let error = #expect(throws: Failure.self) {
            try SystemThread.start("a-worker", stackByteCount: 1 << 60, remedy: "use fewer") {}
        }
        #expect(error?.exitStatus == .inputOutput)
        #expect(error?.call == "pthread_create" && error?.subject == "a-worker")
        #expect(error?.message.contains("ulimit -u") == true)
        #expect(error?.message.hasSuffix(", or use fewer") == true)
    }

    @Test func `a worker finishes its tasks in order after its release`() throws {
        let seen = Mutex<[Int]>([])
        let done = DispatchSemaphore(value: 0)
        do {
            let worker = try WorkerThread("test")
            for task in 0..<100 { worker.perform { seen.withLock { $0.append(task) } } }
            worker.perform { done.signal() }
        }
        #expect(done.wait(timeout: .now() + 20) == .success)
        #expect(seen.withLock { $0 } == Array(0..<100))
    }
}
