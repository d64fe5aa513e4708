import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct FileLockTests {
    @Test func `a second holder is refused until the first releases the lock`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/lock"
        var first: FileLock? = try FileLock(path: path)
        #expect(first?.path == path)
        let error = #expect(throws: Failure.self) {
            _ = try FileLock(path: path, patience: .milliseconds(120))
        }
        #expect(error?.subject == path)
        #expect(error?.exitStatus == .inputOutput)
        first = nil
        // A program that another test starts at this moment shares the descriptor briefly.
        _ = try FileLock(path: path, patience: .seconds(2))
    }

    @Test func `a second holder waits until the first releases the lock`() async throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/lock"
        let first = try FileLock(path: path)
        async let second = Task.detached { try FileLock(path: path, patience: .seconds(10)).path }
            .value
        try await Task.sleep(for: .milliseconds(150))
        withExtendedLifetime(first) {}
        _ = consume first
        #expect(try await second == path)
    }
}
