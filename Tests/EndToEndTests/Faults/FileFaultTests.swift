import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Disks that fail, are full or read-only: exit code 74 and one line, older checkpoints stay
    /// good, and the same command goes on to the undisturbed end.
    @Suite struct FileFaultTests {
        private func train(_ run: TestRun, _ fault: String, ranks: Int?) throws -> Launch.Outcome {
            try run.train(ranks: ranks, environment: [FileFault.variable: fault])
        }

        private func expectRefusal(_ outcome: Launch.Outcome, naming text: String) {
            #expect(outcome.status == 74)
            #expect(outcome.complaints.count == 1, "\(outcome.errors)")
            #expect(outcome.complaints.first?.contains(text) == true, "\(outcome.errors)")
        }

        /// Checkpoints are as good as before, and the run ends as ever.
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

        /// Kind, call and path of a fault in the checkpoint of step 6, and the newest one that is
        /// left.
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
        func checkpointFails(kind: String, call: String, path: String, newest: Int) throws {
            let run = try SmallRun.make()
            let ranks = kind == "EIO" ? nil : 2
            let outcome = try train(run, "\(kind):call=\(call),path=\(path)", ranks: ranks)
            expectRefusal(outcome, naming: "\(call): \(run.output)/checkpoints/step-00000006")
            try expectContinuation(run, from: newest, ranks: ranks == nil ? 2 : 3)
        }

        /// Faults behind the rename leave a checkpoint more.
        @Test(arguments: [
            ("EIO", "write", "checkpoints/latest", 3, 6),
            ("EIO", "rename", "checkpoints/latest", 3, 6),
            ("EIO", "remove", "checkpoints/step-00000002", 1, 8),
        ])
        func checkpointIsThere(
            kind: String, call: String, path: String, from: Int, newest: Int
        ) throws {
            let run = try SmallRun.make()
            let outcome = try train(
                run, "\(kind):call=\(call),path=\(path),from=\(from)", ranks: nil)
            expectRefusal(outcome, naming: "\(call): \(run.output)/\(path)")
            try expectContinuation(run, from: newest, ranks: 2)
        }

        /// Every other file that a run writes.
        @Test(arguments: [
            "recipe.yaml", "environment.json", "train.log", "metrics.jsonl",
            "winner.safetensors", "result.json",
        ])
        func otherFiles(name: String) throws {
            let run = try SmallRun.make()
            let outcome = try train(
                run, "ENOSPC:call=write,path=\(run.output)/\(name)", ranks: 2)
            expectRefusal(
                outcome, naming: "write: \(run.output)/\(name): No space left on device")
            let again = try run.train(ranks: 2)
            #expect(again.status == 0, "\(again.errors)")
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        /// The system may write less than it was given; that is no error.
        @Test func shortWrites() throws {
            let run = try SmallRun.make()
            let outcome = try train(run, "short:path=\(run.output)", ranks: 2)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("files fail on purpose"))
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        /// The folder becomes read-only while a checkpoint is being written, in each of its phases.
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
        func readOnlyFolder(call: String, path: String, from: Int) throws {
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

        /// It is read-only from the start, of a new run and of an old one.
        @Test(.enabled(if: TinyDisk.isPossible)) func readOnlyFromTheStart() throws {
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

        /// A checkpoint that cannot be read is set aside.
        @Test func unreadableCheckpoint() throws {
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
        func badFault(text: String) throws {
            let outcome = try train(SmallRun.make(), text, ranks: nil)
            #expect(outcome.status == 64)
            #expect(outcome.complaints.count == 1)
            #expect(outcome.complaints.first?.hasPrefix("LRNET_FILE_FAULT: '\(text)': ") == true)
        }
    }
}
