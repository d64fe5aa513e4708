import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct FileLockTests {
    @Test func secondHolderIsRefusedUntilTheFirstGoes() throws {
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
        // A program that another test starts just now shares the descriptor for a moment.
        _ = try FileLock(path: path, patience: .seconds(2))
    }

    @Test func waitsForTheHolder() async throws {
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
