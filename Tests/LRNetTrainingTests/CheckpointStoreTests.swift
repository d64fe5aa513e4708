import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct CheckpointStoreTests {
    private func bytes(_ step: Int) -> [UInt8] { (0..<1000).map { UInt8(($0 * step) & 255) } }

    private func save(
        _ store: CheckpointStore, _ step: Int, isBest: Bool = false, keep: Int = 3
    ) throws {
        try store.save(bytes(step), step: step, best: isBest ? step : nil, keepLatest: keep)
    }

    private func target(_ store: CheckpointStore, _ link: String) throws -> String {
        String(decoding: try FileBytes.read("\(store.folder)/\(link)").dropLast(), as: UTF8.self)
    }

    private func latest(_ store: CheckpointStore) throws -> (Int?, [String]) {
        var warnings: [String] = []
        let loaded = try store.loadLatest { warnings.append($0) }
        if let loaded { #expect(loaded.bytes == bytes(loaded.step)) }
        return (loaded?.step, warnings)
    }

    @Test func `a saved checkpoint is loaded by its step and as the latest`() throws {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        #expect(try latest(store) == (nil, []))
        #expect(try store.steps().isEmpty)
        try save(store, 500)
        #expect(try latest(store) == (500, []))
        #expect(try store.load("latest").bytes == store.load("step-00000500").bytes)
        #expect(try target(store, "latest") == "step-00000500")
        #expect(TestFolder.names(in: store.folder) == ["latest", "step-00000500"])
        #expect(
            TestFolder.names(in: "\(store.folder)/step-00000500") == ["manifest.json", "state.h5"])
        // Empty content and steps of more than eight digits are ordinary cases.
        try store.save([], step: 123_456_789, best: nil, keepLatest: 3)
        #expect(try store.load("latest").bytes.isEmpty)
        #expect(try store.steps() == [500, 123_456_789])
    }

    @Test func `a save keeps only the latest checkpoints and the best`() throws {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        for step in 1...7 { try save(store, step * 10, isBest: step == 2, keep: 3) }
        #expect(try store.steps() == [20, 50, 60, 70])
        #expect(try target(store, "best") == "step-00000020")
        #expect(try store.load("best").step == 20)
        #expect(try latest(store) == (70, []))
        try save(store, 80, isBest: true, keep: 1)
        #expect(try store.steps() == [80])
        #expect(try target(store, "best") == "step-00000080")
    }

    @Test(arguments: [
        "flipped", "truncated", "gone", "noManifest", "badManifest", "otherStep", "otherSchema",
        "empty",
    ])
    func `a damaged checkpoint is set aside and the one before is loaded`(kind: String) throws {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        for step in [10, 20, 30] { try save(store, step) }
        let newest = "\(store.folder)/step-00000030"
        switch kind {
        case "flipped": try flip("\(newest)/state.h5", byte: 700, bit: 0)
        case "truncated":
            try AtomicFile.write(Array(bytes(30).dropLast()), to: "\(newest)/state.h5")
        case "gone": try AtomicFile.remove("\(newest)/state.h5")
        case "noManifest": try AtomicFile.remove("\(newest)/manifest.json")
        case "otherStep", "otherSchema":
            let text = String(
                decoding: try FileBytes.read("\(newest)/manifest.json"), as: UTF8.self)
            let (old, new) =
                kind == "otherStep"
                ? ("\"step\" : 30", "\"step\" : 31") : ("Version\" : 1", "Version\" : 3")
            try #require(text.contains(old))
            try AtomicFile.write(text.replacing(old, with: new), to: "\(newest)/manifest.json")
        case "badManifest": try AtomicFile.write("{}", to: "\(newest)/manifest.json")
        default:
            for name in TestFolder.names(in: newest) { try AtomicFile.remove("\(newest)/\(name)") }
        }
        let (step, warnings) = try latest(store)
        #expect(step == 20)
        try #require(warnings.count == 1)
        #expect(warnings[0].contains("step-00000030/"))
        #expect(warnings[0].hasSuffix("; set aside as step-00000030.damaged"))
        #expect(!warnings[0].contains("\n"))
        #expect(TestFolder.names(in: store.folder).contains("step-00000030.damaged"))
        #expect(try store.steps() == [10, 20])
        // It is neither loaded nor counted again, and the run can save the step again.
        #expect(try latest(store) == (20, []))
        try save(store, 30)
        #expect(try latest(store) == (30, []))
        // A second damaged checkpoint of the same step replaces the first.
        try flip("\(newest)/state.h5", byte: 1, bit: 1)
        #expect(try latest(store).0 == 20)
    }

    @Test func `nothing is loaded if every checkpoint is damaged`() throws {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        for step in [10, 20] {
            try save(store, step)
            try flip("\(store.folder)/step-000000\(step)/state.h5", byte: 0, bit: 0)
        }
        let (step, warnings) = try latest(store)
        #expect(step == nil)
        #expect(warnings.count == 2)
    }

    /// Setting it aside leaves a pointer without a target.
    @Test func `a damaged best checkpoint does not block the next save`() throws {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        try save(store, 10)
        try save(store, 20, isBest: true)
        try flip("\(store.folder)/step-00000020/state.h5", byte: 5, bit: 0)
        #expect(try latest(store).0 == 10)
        try save(store, 30)
        #expect(try latest(store) == (30, []))
    }

    @Test func `partial folders of a killed run are ignored and then removed`() throws {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        try save(store, 10)
        let partial = "\(store.folder)/step-00000020.partial"
        try AtomicFile.createFolder(partial)
        try AtomicFile.write("half", to: "\(partial)/state.h5.partial-77")
        #expect(try latest(store) == (10, []))
        #expect(try store.steps() == [10])
        try save(store, 20)
        #expect(
            TestFolder.names(in: store.folder) == ["latest", "step-00000010", "step-00000020"])
        try AtomicFile.createFolder("\(store.folder)/step-00000025.partial")
        try save(store, 30)
        #expect(!FileBytes.exists("\(store.folder)/step-00000025.partial"))
    }

    /// A run that resumes from an older checkpoint reaches the same step again.
    @Test func `a step can be saved again, also over a damaged checkpoint`() throws {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        try save(store, 10)
        try save(store, 10, isBest: true)
        #expect(try target(store, "best") == "step-00000010")
        #expect(try latest(store) == (10, []))
        try flip("\(store.folder)/step-00000010/state.h5", byte: 0, bit: 0)
        try save(store, 10)
        #expect(try latest(store) == (10, []))
    }

    @Test func `loading a checkpoint that does not exist fails as missing input`() throws {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        let error = #expect(throws: Failure.self) { _ = try store.load("step-00000001") }
        #expect(error?.exitStatus == .inputMissing)
    }

    @Test(.enabled(if: TinyDisk.isPossible))
    func `a save to a full disk keeps older checkpoints and pointers`() throws {
        let disk = try TinyDisk(size: "256k")
        let store = CheckpointStore(runFolder: disk.path)
        try save(store, 10, isBest: true)
        let error = #expect(throws: Failure.self) {
            try store.save(
                [UInt8](repeating: 1, count: 400_000), step: 20, best: 20, keepLatest: 1)
        }
        #expect(error?.exitStatus == .inputOutput)
        #expect(error?.message.contains("No space left") == true)
        #expect(TestFolder.names(in: store.folder) == ["best", "latest", "step-00000010"])
        #expect(try target(store, "best") == "step-00000010")
        #expect(try latest(store) == (10, []))
        try save(store, 20, keep: 1)
        #expect(try latest(store) == (20, []))
    }
}
