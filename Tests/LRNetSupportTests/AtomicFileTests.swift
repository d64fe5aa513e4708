import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct AtomicFileTests {
    @Test func `a write replaces the whole content of a file`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/a.json"
        try AtomicFile.write("old", to: path)
        try AtomicFile.write([], to: path)
        #expect(try FileBytes.read(path).isEmpty)
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try AtomicFile.write(bytes, to: path)
        #expect(try FileBytes.read(path) == bytes)
        #expect(folder.names == ["a.json"])
    }

    @Test func `a failed rename leaves no temporary file`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/taken"
        try AtomicFile.createFolder("\(path)/inner")
        let error = #expect(throws: Failure.self) {
            try AtomicFile.write("new", to: path)
        }
        #expect(error?.call == "rename")
        #expect(error?.subject == path)
        #expect(error?.exitStatus == .inputOutput)
        #expect(folder.names == ["taken"])
    }

    @Test func `a write into a missing folder names the path`() throws {
        let folder = try TestFolder()
        let error = #expect(throws: Failure.self) {
            try AtomicFile.write("new", to: "\(folder.path)/missing/file")
        }
        #expect(error?.exitStatus == .inputMissing)
        #expect(error?.description.contains("missing/file") == true)
        #expect(folder.names.isEmpty)
    }

    @Test(.enabled(if: TinyDisk.isPossible, "mounting a tmpfs needs root"))
    func `a full disk keeps the old file and leaves no temporary one`() throws {
        let disk = try TinyDisk(size: "64k")
        let path = "\(disk.path)/result.json"
        try AtomicFile.write("old", to: path)
        let error = #expect(throws: Failure.self) {
            try AtomicFile.write([UInt8](repeating: 1, count: 200_000), to: path)
        }
        #expect(error?.exitStatus == .inputOutput)
        #expect(
            error?.description
                == "write: \(path): No space left on device; "
                + "free some space and run the same command again")
        #expect(TestFolder.names(in: disk.path) == ["result.json"])
        #expect(try FileBytes.read(path) == Array("old".utf8))
    }

    @Test func `folders are created with parents and removed with contents`() throws {
        let folder = try TestFolder()
        try AtomicFile.createFolder("\(folder.path)/a/b/c")
        try AtomicFile.createFolder("\(folder.path)/a/b/c")
        try AtomicFile.write("x", to: "\(folder.path)/a/b/file")
        let error = #expect(throws: Failure.self) {
            try AtomicFile.createFolder("\(folder.path)/a/b/file/d")
        }
        #expect(error?.exitStatus == .inputOutput)
        try AtomicFile.remove("\(folder.path)/a")
        try AtomicFile.remove("\(folder.path)/a")
        #expect(folder.names.isEmpty)
    }
}
