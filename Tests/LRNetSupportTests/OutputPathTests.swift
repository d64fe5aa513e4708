import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Paths of files that commands are about to write.
@Suite struct OutputPathTests {
    private func problem(_ path: String, _ kind: OutputPath.Kind) -> String? {
        do {
            try OutputPath("--output", path).check(kind)
            return nil
        } catch {
            #expect((error as? Failure)?.exitStatus == .usage)
            return (error as? Failure)?.message
        }
    }

    @Test func `only an empty file or one of the same kind is replaced`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/x"
        #expect(problem(path, .page) == nil)
        // The writer creates folders or reports that it cannot.
        #expect(problem("\(folder.path)/new/x", .page) == nil)
        try AtomicFile.write("<!DOCTYPE html>\n<p>", to: path)
        #expect(problem(path, .page) == nil)
        #expect(problem(path, .png) == "exists and is not a PNG image; name another file")
        try AtomicFile.write("", to: path)
        #expect(problem(path, .pgm) == nil)
    }

    @Test func `pipes, devices and folders are not replaced`() throws {
        let folder = try TestFolder()
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [pipe, "/dev/null", folder.path] {
            #expect(problem(path, .png) == "is not a regular file; name another one")
        }
    }
}
