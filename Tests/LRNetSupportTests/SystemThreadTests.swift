import Foundation
import LRNetSupport
import Synchronization
import Testing

@Suite struct SystemThreadTests {
    @Test func threadsRun() throws {
        let done = DispatchSemaphore(value: 0)
        try SystemThread.start("test") { done.signal() }
        #expect(done.wait(timeout: .now() + 20) == .success)
    }

    /// A stack that no address space has room for stands for a limit on threads: the system says the same.
    @Test func aThreadThatCannotBeMadeIsAnError() {
        let error = #expect(throws: Failure.self) {
            try SystemThread.start("a-worker", stackByteCount: 1 << 60, remedy: "use fewer") {}
        }
        #expect(error?.exitStatus == .inputOutput)
        #expect(error?.call == "pthread_create" && error?.subject == "a-worker")
        #expect(error?.message.contains("ulimit -u") == true)
        #expect(error?.message.hasSuffix(", or use fewer") == true)
    }

    @Test func aWorkerDoesTasksInOrderAndEndsAfterThem() throws {
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
