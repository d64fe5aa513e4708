import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// The pointers `latest` and `best`: files, links of earlier versions, and copies of either.
@Suite struct CheckpointPointerTests {
    private let folder: TestFolder
    private let store: CheckpointStore

    init() throws {
        folder = try TestFolder()
        store = CheckpointStore(runFolder: folder.path)
        for step in [10, 20, 30] { try save(step, isBest: step == 10) }
    }

    private func bytes(_ step: Int) -> [UInt8] { [UInt8](repeating: UInt8(step), count: 100) }

    private func save(_ step: Int, isBest: Bool = false) throws {
        try store.save(bytes(step), step: step, best: isBest ? step : nil, keepLatest: 2)
    }

    private func path(_ name: String) -> String { "\(store.folder)/\(name)" }

    private func name(_ step: Int) -> String { "step-000000\(step)" }

    /// Checks that every reader finds both pointers, and that the next saves keep or replace them.
    private func expectValidPointers(best: Int = 10, latest: Int = 30) throws {
        #expect(try store.load("best").bytes == bytes(best))
        #expect(try store.load("latest").bytes == bytes(latest))
        #expect(store.has("best") && store.has("latest"))
        #expect(try store.loadLatest { _ in Issue.record("a warning") }?.step == latest)
        try save(40)
        #expect(try store.load("best").bytes == bytes(best))
        #expect(try store.load("latest").bytes == bytes(40))
        let files = TestFolder.names(in: store.folder).filter { !$0.hasPrefix("step-") }
        #expect(files == ["best", "latest"])
        for name in files { #expect(!FileBytes.isFolder(path(name))) }
        try save(50, isBest: true)
        #expect(try store.load("best").step == 50)
        #expect(TestFolder.names(in: store.folder) == ["best", "latest", name(40), name(50)])
    }

    @Test func `pointers are files that name their checkpoints`() throws {
        #expect(try String(contentsOfFile: path("best"), encoding: .utf8) == "step-00000010\n")
        try expectValidPointers()
    }

    @Test func `symbolic links of earlier versions are read and replaced by files`() throws {
        for (pointer, step) in [("best", 10), ("latest", 30)] {
            try AtomicFile.remove(path(pointer))
            try FileManager.default.createSymbolicLink(
                atPath: path(pointer), withDestinationPath: name(step))
        }
        try expectValidPointers()
    }

    /// `cp -rL` of a run with links copies a linked folder twice. Other copies contain it once,
    /// under the name of the pointer.
    @Test(arguments: [true, false])
    func `pointers that a copy turned into folders are read and replaced`(isTwice: Bool) throws {
        for (pointer, step) in [("best", 10), ("latest", 30)] {
            try AtomicFile.remove(path(pointer))
            try FileManager.default.copyItem(atPath: path(name(step)), toPath: path(pointer))
        }
        if !isTwice { try AtomicFile.remove(path(name(10))) }
        try expectValidPointers()
    }

    @Test(arguments: [0, 1])
    func `a save killed while it replaces a copied folder loses no checkpoint`(moment: Int) throws {
        try AtomicFile.remove(path("best"))
        try AtomicFile.rename(path(name(10)), to: path("best.replaced"))
        if moment == 1 { try AtomicFile.write("step-00000010\n", to: path("best")) }
        try expectValidPointers()
    }

    /// Some archives store a link as a file that contains the target.
    @Test func `pointer files without a line end are read`() throws {
        try AtomicFile.write("step-00000010", to: path("best"))
        try AtomicFile.write("step-00000030", to: path("latest"))
        try expectValidPointers()
    }

    @Test func `without its pointer, the latest checkpoint is the newest one`() throws {
        try AtomicFile.remove(path("latest"))
        try expectValidPointers()
    }

    @Test(arguments: ["", "step-", "../../etc", "step-00000099"])
    func `a pointer to no checkpoint counts as missing until the next save`(text: String) throws {
        try AtomicFile.write(text, to: path("best"))
        #expect(!store.has("best"))
        let error = #expect(throws: Failure.self) { _ = try store.load("best") }
        #expect(error?.exitStatus == .inputMissing)
        try save(40, isBest: true)
        #expect(try store.load("best").step == 40)
    }

    @Test func `a damaged folder in place of a pointer is set aside`() throws {
        try AtomicFile.remove(path("best"))
        try AtomicFile.createFolder(path("best"))
        try AtomicFile.write("?", to: path("best/manifest.json"))
        #expect(!store.has("best"))
        try save(40, isBest: true)
        #expect(try store.load("best").step == 40)
        #expect(FileBytes.isFolder(path("best.damaged")))
    }

    /// A copy may lose `best` or its content. The next save knows the step and keeps it.
    @Test(arguments: [nil, "", "step-00000099\n", "nonsense"])
    func `a save restores a lost pointer to the best checkpoint`(content: String?) throws {
        for step in [10, 20, 30] { try save(step, isBest: step == 10) }
        let path = "\(store.folder)/best"
        try AtomicFile.remove(path)
        if let content { try AtomicFile.write(content, to: path) }
        try store.save(bytes(40), step: 40, best: 10, keepLatest: 2)
        #expect(try store.steps() == [10, 30, 40])
        #expect(try store.load("best").step == 10)
    }
}
