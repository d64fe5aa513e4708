import Foundation
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// A run that an earlier version started, in the state in which it was killed.
    ///
    /// `Fixtures/interrupted-run` is the folder of a run of `Fixtures/interrupted-run.yaml`.
    /// Version 81ccf66 trained it on ``Digits`` in one process with
    /// `LRNET_FAULT=kill:rank=0,step=39`. The folder lacks `environment.json` and the checkpoint of
    /// step 28. `Fixtures/undisturbed-result.json` is the result that the same version wrote at the
    /// end of the same run without the fault.
    @Suite(
        .enabled(
            if: MatrixProduct.usesOwnKernels,
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

        @Test(arguments: [nil, 3])
        func `an earlier version's run resumes to the same result`(ranks: Int?) throws {
            let run = try Self.copy()
            let outcome = try run.train(ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("resuming from step 35"))
            let result = try run.written()
            #expect(result.resumedFromStep == 35)
            let expected = try Self.expected().numbers
            #expect(Self.comparable(result) == Self.comparable(expected))
            // That version chose the earliest of the networks with equally many errors.
            #expect(result.winnerStep ?? 0 >= expected.winnerStep ?? 0)
        }

        /// Returns the result without the fields that the earlier version did not write, and
        /// without those of the choice among networks with equally many errors, for which it had
        /// another rule.
        private static func comparable(_ result: RunResult) -> RunResult {
            var numbers = result.numbers
            numbers.winnerBytes = nil
            numbers.winnerSHA256 = nil
            numbers.testCount = nil
            numbers.testErrorMask = nil
            numbers.winnerStep = nil
            numbers.winnerDraw = nil
            numbers.draws = []
            numbers.testError = nil
            numbers.validationTopFiveError = nil
            numbers.testTopFiveError = nil
            numbers.testClassErrors = nil
            return numbers
        }

        /// The new file has the same tensors, and also contains the architecture.
        @Test func `the same winner is drawn again from an earlier version's checkpoint`() throws {
            let run = try Self.copy()
            let path = "\(run.output)/\(NetworkFile.name)"
            let old = try NetworkFile(path: path)
            #expect(try old.description() == nil)
            try AtomicFile.remove(path)
            // No steps and no validations are left, so the winner does not change.
            let outcome = try run.train(["training.steps=35"], ranks: 2)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("it is drawn again"))
            let new = try NetworkFile(path: path)
            #expect(new.contents.tensors == old.contents.tensors)
            #expect(try new.description()?.classes == 10)
            #expect(try run.written().winnerStep == Self.expected().winnerStep)
        }

        /// A file of format 2 does not contain its architecture.
        @Test func `an earlier version's winner is evaluated only together with its run`() throws {
            let run = try Self.copy()
            let program = try Launch.program("lrnet-dist")
            let more = ["--data", Digits.path, "--split", "test"]
            let path = "\(run.output)/\(NetworkFile.name)"
            let alone = try Launch(program, ["evaluate", path] + more).wait()
            #expect(alone.status == 65)
            #expect(
                alone.complaints == [
                    "network: \(path): was written by an earlier version and does not contain its "
                        + "architecture; pass the run's folder with --weights winner"
                ])
            let together = try Launch(
                program, ["evaluate", run.output, "--weights", "winner"] + more, ranks: 2
            ).wait()
            #expect(together.status == 0, "\(together.errors)")
            let described = try Launch(program, ["describe", path]).wait()
            #expect(described.output.contains("format    lrnet-dist network 2; without"))
        }
    }
}
