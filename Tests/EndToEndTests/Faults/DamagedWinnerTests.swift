import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// The winner's file of a finished run is damaged, and the same command writes it again.
    @Suite struct DamagedWinnerTests {
        enum Damage: CaseIterable {
            case flipped, cut, missing, older, foreign
        }

        private static let original = Result {
            let run = try SmallRun.make()
            _ = try run.result()
            return run
        }

        /// The winner of the run's first epoch, which is not the winner at the end.
        private static let older = Result {
            let run = try SmallRun.make()
            _ = try run.result(["training.steps=15"])
            return try run.winner()
        }

        /// Returns an intact file of the same step and draw that this run did not write.
        private func foreign(_ path: String) throws -> [UInt8] {
            let stored = try StoredNetwork(NetworkFile(path: path))
            let network = try stored.file.network(
                like: stored.recipe.makeNetwork(classes: stored.description.classes))
            var metadata = stored.file.contents.metadata
            metadata["recipe"] = "of another run"
            return try NetworkFile.bytes(of: network, metadata: metadata)
        }

        private func damaged(_ damage: Damage) throws -> (run: TestRun, path: String) {
            let run = try SmallRun.make()
            try FileManager.default.copyItem(
                atPath: Self.original.get().output, toPath: run.output)
            let path = "\(run.output)/\(NetworkFile.name)"
            let bytes = try run.winner()
            switch damage {
            case .flipped: try flip(path, byte: bytes.count - 100, bit: 4)
            case .cut: try AtomicFile.write(Array(bytes.prefix(1_000)), to: path)
            case .missing: try AtomicFile.remove(path)
            case .older: try AtomicFile.write(Self.older.get(), to: path)
            case .foreign: try AtomicFile.write(foreign(path), to: path)
            }
            #expect((try? run.winner()) != bytes)
            return (run, path)
        }

        @Test(arguments: Damage.allCases)
        func `a damaged or missing winner is drawn again with a warning`(damage: Damage) throws {
            let (run, path) = try damaged(damage)
            let outcome = try run.train(ranks: damage == .flipped ? nil : 2)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let warnings = outcome.errors.split(separator: "\n").filter { $0.contains(path) }
            #expect(warnings.count == 1 && warnings[0].hasSuffix("; it is drawn again"))
            #expect(run.logText.contains("; it is drawn again"))
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        @Test(arguments: [nil, 2])
        func `a damaged winner without its checkpoint ends the command with a remedy`(
            ranks: Int?
        ) throws {
            let (run, path) = try damaged(.cut)
            let step = try #require(Self.original.get().written().winnerStep)
            let name = String(format: "step-%08d", step)
            for name in ["best", name] {
                try AtomicFile.remove("\(run.output)/checkpoints/\(name)")
            }
            let outcome = try run.train(ranks: ranks)
            #expect(outcome.status == 65)
            #expect(outcome.complaints.count == 1)
            #expect(
                outcome.complaints.first?.contains(
                    "\(path): cannot be drawn again from the checkpoint of step \(step): ") == true)
            #expect(
                outcome.complaints.first?.hasSuffix(
                    "\(name): is missing, and it is the best one (copy it from where the run was trained); "
                        + "train again in a new --output") == true)
            #expect(try run.winner().count == 1_000)
        }
    }
}
