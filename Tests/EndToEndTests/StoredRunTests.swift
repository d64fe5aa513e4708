import Foundation
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// A run that an earlier version began, as its folder was when it was killed.
    ///
    /// `Fixtures/interrupted-run` is the folder of `Fixtures/interrupted-run.yaml`, trained on ``Digits`` by
    /// version 81ccf66 in one process with `LRNET_FAULT=kill:rank=0,step=39`, without `environment.json` and
    /// the checkpoint of step 28. `Fixtures/undisturbed-result.json` is what that version wrote at the end of
    /// the same run without the fault.
    @Suite(
        .enabled(
            if: MatrixProduct.isOurs,
            "the stored run was computed with AVX-512, and this build has other bits"))
    struct StoredRunTests {
        private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures").path

        private static func copy() throws -> TestRun {
            let yaml = try FileBytes.read("\(fixtures)/interrupted-run.yaml")
            let run = try TestRun(yaml: String(decoding: yaml, as: UTF8.self))
            try FileManager.default.copyItem(
                atPath: "\(fixtures)/interrupted-run", toPath: run.output)
            return run
        }

        private static func expected() throws -> RunResult {
            try JSONDecoder().decode(
                RunResult.self,
                from: Data(FileBytes.read("\(fixtures)/undisturbed-result.json")))
        }

        @Test(arguments: [nil, 3]) func resumesToTheUndisturbedEnd(ranks: Int?) throws {
            let run = try Self.copy()
            let winner = try run.winner()
            let outcome = try run.train(ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("going on from step 35"))
            let result = try run.written()
            #expect(result.resumedFromStep == 35)
            #expect(result.numbers == (try Self.expected().numbers))
            #expect(try run.winner() == winner)
        }

        /// The winner's file is made anew, byte for byte, from the earlier version's checkpoint.
        @Test func drawsTheSameWinner() throws {
            let run = try Self.copy()
            let winner = try run.winner()
            try AtomicFile.remove("\(run.output)/\(NetworkFile.name)")
            let outcome = try run.train(ranks: 2)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("it is drawn again"))
            #expect(try run.winner() == winner)
            #expect(try run.written().numbers == (try Self.expected().numbers))
        }
    }
}
