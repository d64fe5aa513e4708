import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Disks fail, are full, or are read-only. The run exits with 74 and one line, older
    /// checkpoints stay intact, and the same command resumes to the undisturbed end.
    @Suite struct FileFaultTests {
        private func train(_ run: TestRun, _ fault: String, ranks: Int?) throws -> Launch.Outcome {
            try run.train(ranks: ranks, environment: [FileFault.variable: fault])
        }

        private func expectRefusal(_ outcome: Launch.Outcome, naming text: String) {
            #expect(outcome.status == 74)
            #expect(outcome.complaints.count == 1, "\(outcome.errors)")
            #expect(outcome.complaints.first?.contains(text) == true, "\(outcome.errors)")
        }

        /// Checks that the newest checkpoint is of `step` and that the run resumes to the
        /// undisturbed end.
        private func expectContinuation(_ run: TestRun, from step: Int?, ranks: Int?) throws {
            #expect(try run.newestCheckpoint() == step)
            if step != nil {
                #expect((try? CheckpointStore(runFolder: run.output).load("latest")) != nil)
            }
            let again = try run.train(ranks: ranks)
            #expect(again.status == 0, "\(again.errors)")
            #expect(try run.written().resumedFromStep == step ?? 0)
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        /// The arguments are the kind, call, and path of a fault in the checkpoint of step 6, and
        /// the step of the newest checkpoint that is left.
        @Test(arguments: [
            ("EIO", "mkdir", "step-00000006.partial", 4),
            ("EIO", "open", "step-00000006.partial/state.h5", 4),
            ("EIO", "write", "step-00000006.partial/state.h5", 4),
            ("ENOSPC", "write", "step-00000006.partial/state.h5", 4),
            ("EIO", "fsync", "step-00000006.partial/state.h5", 4),
            ("EIO", "close", "step-00000006.partial/state.h5", 4),
            ("EIO", "rename", "step-00000006.partial/state.h5", 4),
            ("EDQUOT", "write", "step-00000006.partial/manifest.json", 4),
            ("EIO", "fsync", "step-00000006.partial/manifest.json", 4),
            ("EROFS", "rename", "checkpoints/step-00000006", 4),
        ])
        func `a failed save leaves the previous checkpoint, which the run resumes from`(
            kind: String, call: String, path: String, newest: Int
        ) throws {
            let run = try SmallRun.make()
            let ranks = kind == "EIO" ? nil : 2
            let outcome = try train(run, "\(kind):call=\(call),path=\(path)", ranks: ranks)
            expectRefusal(outcome, naming: "\(call): \(run.output)/checkpoints/step-00000006")
            try expectContinuation(run, from: newest, ranks: ranks == nil ? 2 : 3)
        }

        @Test(arguments: [
            ("EIO", "write", "checkpoints/latest", 3, 6),
            ("EIO", "rename", "checkpoints/latest", 3, 6),
            ("EIO", "remove", "checkpoints/step-00000002", 1, 8),
        ])
        func `a failure after the rename of a checkpoint keeps that checkpoint`(
            kind: String, call: String, path: String, from: Int, newest: Int
        ) throws {
            let run = try SmallRun.make()
            let outcome = try train(
                run, "\(kind):call=\(call),path=\(path),from=\(from)", ranks: nil)
            expectRefusal(outcome, naming: "\(call): \(run.output)/\(path)")
            try expectContinuation(run, from: newest, ranks: 2)
        }

        /// The arguments are all other files that a run writes.
        @Test(arguments: [
            "recipe.yaml", "environment.json", "train.log", "metrics.jsonl",
            "winner.safetensors", "result.json",
        ])
        func `a full disk at any other file ends the run and loses nothing`(name: String) throws {
            let run = try SmallRun.make()
            let outcome = try train(
                run, "ENOSPC:call=write,path=\(run.output)/\(name)", ranks: 2)
            expectRefusal(
                outcome, naming: "write: \(run.output)/\(name): No space left on device")
            let again = try run.train(ranks: 2)
            #expect(again.status == 0, "\(again.errors)")
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        /// The system may write fewer bytes than requested.
        @Test func `short writes are continued and are not an error`() throws {
            let run = try SmallRun.make()
            let outcome = try train(run, "short:path=\(run.output)", ranks: 2)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("files fail on purpose"))
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        /// The arguments are the phases of writing a checkpoint.
        @Test(
            .enabled(if: TinyDisk.isPossible),
            arguments: [
                ("mkdir", "step-00000006.partial", 1),
                ("write", "step-00000006.partial/state.h5", 1),
                ("fsync", "step-00000006.partial/state.h5", 1),
                ("open", "step-00000006.partial/manifest.json", 1),
                ("rename", "checkpoints/step-00000006", 3),
                ("write", "checkpoints/latest", 3),
            ])
        func `a folder that becomes read-only during a save ends the run`(
            call: String, path: String, from: Int
        ) throws {
            let run = try SmallRun.make()
            let launch = try run.start(
                ranks: 2,
                environment: [
                    FileFault.variable: "slow:call=\(call),path=\(path),from=\(from),count=1"
                ])
            #expect(launch.waits { launch.errorsSoFar.contains("slow \(call) of ") })
            let mount = try ReadOnlyMount("\(run.output)/checkpoints")
            let outcome = try launch.wait()
            expectRefusal(outcome, naming: "Read-only file system; choose a folder on a writable")
            mount.lift()
            let newest = try #require(try run.newestCheckpoint())
            #expect(newest == 4 || newest == 6)
            try expectContinuation(run, from: newest, ranks: 3)
        }

        @Test(.enabled(if: TinyDisk.isPossible))
        func `a read-only folder is refused for a new run and an old one`() throws {
            let run = try SmallRun.make()
            try AtomicFile.createFolder(run.output)
            let mount = try ReadOnlyMount(run.output)
            expectRefusal(try run.train(ranks: 2), naming: "\(run.output): Read-only")
            mount.lift()
            try run.train(["training.steps=6"])
            let second = try ReadOnlyMount(run.output)
            expectRefusal(try run.train(), naming: "\(run.output): Read-only")
            second.lift()
            #expect(try run.result(ranks: 2).resumedFromStep == 6)
            #expect(try run.written().stateSHA256 == SmallRun.reference.get().result.stateSHA256)
        }

        @Test func `an unreadable checkpoint is set aside and the run resumes without it`() throws {
            let run = try SmallRun.make()
            try run.train(["training.steps=6"])
            let outcome = try train(run, "EIO:call=read,path=step-00000006/state.h5", ranks: 2)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("step-00000006/state.h5: Input/output error"))
            #expect(outcome.errors.contains("set aside as step-00000006.damaged"))
            #expect(run.logText.contains("set aside as step-00000006.damaged"))
            #expect(try run.written().resumedFromStep == 4)
            #expect(try run.written().stateSHA256 == SmallRun.reference.get().result.stateSHA256)
        }

        @Test(arguments: [
            "EIO", "EIO:call=write", "EPERM:path=x", "EIO:path=x,call=chmod", "EIO:path=x,from=0",
            "EIO:path=x,when=now",
        ])
        func `a malformed LRNET_FILE_FAULT is refused with one line`(text: String) throws {
            let outcome = try train(SmallRun.make(), text, ranks: nil)
            #expect(outcome.status == 64)
            #expect(outcome.complaints.count == 1)
            #expect(outcome.complaints.first?.hasPrefix("LRNET_FILE_FAULT: '\(text)': ") == true)
        }
    }
}
