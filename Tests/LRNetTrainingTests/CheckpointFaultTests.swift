import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// Saves in which one system call after another fails.
@Suite struct CheckpointFaultTests {
    private func bytes(_ step: Int) -> [UInt8] {
        (0..<5_000).map { UInt8(truncatingIfNeeded: $0 * step) }
    }

    private func save(_ store: CheckpointStore, _ step: Int, isBest: Bool) throws {
        try store.save(bytes(step), step: step, best: isBest ? step : nil, keepLatest: 2)
    }

    /// Makes the `number`-th call of a fourth save fail, or that call and all later ones.
    ///
    /// - Returns: True if the save makes that many calls.
    private func sweep(_ kind: FileFault.Kind, _ number: Int, forEver: Bool) throws -> Bool {
        let folder = try TestFolder()
        let store = CheckpointStore(runFolder: folder.path)
        try save(store, 10, isBest: false)
        try save(store, 20, isBest: true)
        try save(store, 30, isBest: false)
        let fault = FileFault(
            kind, path: folder.path, from: number, count: forEver ? .max : 1)
        FileFault.arm(fault)
        let error = Result { try save(store, 40, isBest: true) }.failure
        FileFault.disarm(fault)
        guard fault.injectedCount > 0 else { return false }
        if kind == .short {
            #expect(error == nil, "call \(number)")
        } else if let failure = error as? Failure {
            #expect(failure.exitStatus == .inputOutput)
            #expect(failure.subject.hasPrefix(store.folder), "call \(number): \(failure)")
            #expect(!"\(failure)".contains("\n"))
        }
        // The older checkpoints are valid, and so is the new one if it exists.
        let steps = try store.steps()
        #expect(steps.contains(30) && (steps.contains(20) || steps.contains(40)))
        var warnings: [String] = []
        let latest = try store.loadLatest { warnings.append($0) }
        #expect(warnings == [])
        #expect(latest?.step == steps.last && latest?.bytes == bytes(steps.last ?? 0))
        for link in ["latest", "best"] {
            let linked = try store.load(link)
            #expect(linked.bytes == bytes(linked.step), "call \(number) \(link)")
        }
        // The next save repairs everything.
        try save(store, 40, isBest: true)
        #expect(try store.load("best").step == 40 && store.load("latest").step == 40)
        #expect(
            TestFolder.names(in: store.folder) == [
                "best", "latest", "step-00000030", "step-00000040",
            ], "call \(number)")
        return true
    }

    @Test(arguments: [
        FileFault.Kind.error(EIO), .error(ENOSPC), .error(EROFS), .error(EACCES), .short,
    ])
    func `checkpoints survive the failure of any call of a save`(kind: FileFault.Kind) throws {
        // mkdir; two files of open, write, fsync, close, rename and the folder's open, fsync; the
        // rename of the folder, two links, and removals.
        let least = 25
        var number = 1
        while try sweep(kind, number, forEver: false) { number += 1 }
        #expect(number > least, "only \(number - 1) calls")
        // Each short write causes another call.
        guard kind != .short else {
            #expect(try sweep(kind, 1, forEver: true))
            return
        }
        number = 1
        while try sweep(kind, number, forEver: true) { number += 1 }
        #expect(number > least, "only \(number - 1) calls")
    }

    @Test func `file faults are parsed and malformed ones are refused`() throws {
        let fault = try FileFault("ENOSPC:path=/a/b,call=write,from=3,count=2")
        #expect(fault.kind == .error(ENOSPC) && fault.call == .write && fault.path == "/a/b")
        for text in ["", "EIO", "EIO:", "EIO:path=", "EIO:path=a,path=b", "slow:path=a,from=x"] {
            let error = #expect(throws: Failure.self) { _ = try FileFault(text) }
            #expect(error?.exitStatus == .usage)
            #expect(error?.subject == "'\(text)'")
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { return error }
        return nil
    }
}
