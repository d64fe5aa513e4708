import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// `latest` and `best` survive copies, and what copies made of the links of earlier versions is read.
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

    /// Every reader finds the two, and so does the next save, which keeps the best.
    private func expectGood(best: Int = 10, latest: Int = 30) throws {
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

    @Test func files() throws {
        #expect(try String(contentsOfFile: path("best"), encoding: .utf8) == "step-00000010\n")
        try expectGood()
    }

    /// Written by earlier versions.
    @Test func links() throws {
        for (pointer, step) in [("best", 10), ("latest", 30)] {
            try AtomicFile.remove(path(pointer))
            try FileManager.default.createSymbolicLink(
                atPath: path(pointer), withDestinationPath: name(step))
        }
        try expectGood()
    }

    /// `cp -rL` of a run with links; some copies have no folder twice.
    @Test(arguments: [true, false]) func folders(isTwice: Bool) throws {
        for (pointer, step) in [("best", 10), ("latest", 30)] {
            try AtomicFile.remove(path(pointer))
            try FileManager.default.copyItem(atPath: path(name(step)), toPath: path(pointer))
        }
        if !isTwice { try AtomicFile.remove(path(name(10))) }
        try expectGood()
    }

    /// A save that was killed while it replaced the folder of a copy.
    @Test(arguments: [0, 1]) func interruptedReplacement(moment: Int) throws {
        try AtomicFile.remove(path("best"))
        try AtomicFile.rename(path(name(10)), to: path("best.replaced"))
        if moment == 1 { try AtomicFile.write("step-00000010\n", to: path("best")) }
        try expectGood()
    }

    /// Archives that keep links as files with the target in them.
    @Test func filesWithoutLineEnd() throws {
        try AtomicFile.write("step-00000010", to: path("best"))
        try AtomicFile.write("step-00000030", to: path("latest"))
        try expectGood()
    }

    @Test func aLostPointerToTheLatestIsTheNewest() throws {
        try AtomicFile.remove(path("latest"))
        try expectGood()
    }

    @Test(arguments: ["", "step-", "../../etc", "step-00000099"]) func nonsense(text: String) throws
    {
        try AtomicFile.write(text, to: path("best"))
        #expect(!store.has("best"))
        let error = #expect(throws: Failure.self) { _ = try store.load("best") }
        #expect(error?.exitStatus == .inputMissing)
        try save(40, isBest: true)
        #expect(try store.load("best").step == 40)
    }

    @Test func aDamagedFolderIsSetAside() throws {
        try AtomicFile.remove(path("best"))
        try AtomicFile.createFolder(path("best"))
        try AtomicFile.write("?", to: path("best/manifest.json"))
        #expect(!store.has("best"))
        try save(40, isBest: true)
        #expect(try store.load("best").step == 40)
        #expect(FileBytes.isFolder(path("best.damaged")))
    }

    /// A copy may lose `best`, or its content: the next save knows the step, and keeps that checkpoint.
    @Test(arguments: [nil, "", "step-00000099\n", "nonsense"])
    func aLostBestIsMadeAgain(content: String?) throws {
        for step in [10, 20, 30] { try save(step, isBest: step == 10) }
        let path = "\(store.folder)/best"
        try AtomicFile.remove(path)
        if let content { try AtomicFile.write(content, to: path) }
        try store.save(bytes(40), step: 40, best: 10, keepLatest: 2)
        #expect(try store.steps() == [10, 30, 40])
        #expect(try store.load("best").step == 10)
    }
}
