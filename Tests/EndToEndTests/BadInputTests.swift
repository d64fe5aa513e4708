import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Bad input leads to one clear line and the right exit code, and nothing is lost.
    @Suite struct BadInputTests {
        @Test(arguments: [
            ("training.epoch=3", "training.epoch: unknown key; did you mean training.epochs?"),
            ("optimiser.name=adam", "optimiser: unknown key; did you mean optimizer?"),
            ("training.steps=many", "training.steps: 'many' is not a whole number"),
            ("training.steps=0", "training.steps: '0' is out of range; at least 1"),
            ("dropout=1", "dropout: '1' is out of range; at least 0.0 and below 1.0"),
            (
                "training.gradientLeaves=7",
                "training.globalBatch: 16 is not a multiple of gradientLeaves (7); use 14 or 21"
            ),
            (
                "training.microBatch=3",
                "training.microBatch: 3 does not divide the leaf of 2 samples "
                    + "(globalBatch 16 / gradientLeaves 8); use 2"
            ),
            (
                "batchNorm.statistics={group: 6}",
                "batchNorm.statistics: a group of 6 samples must be a multiple of microBatch 2 "
                    + "and divide globalBatch 16; use 4 or 8"
            ),
        ])
        func `a bad setting is refused with one exact line and no folder`(
            setting: String, message: String
        ) throws {
            let run = try TestRun()
            let alone = try run.train([setting])
            #expect(alone.status == 78)
            #expect(alone.complaints == ["recipe \(run.recipe): \(message)"])
            #expect(!FileBytes.exists(run.output))
        }

        @Test func `three ranks report a wrong recipe only once`() throws {
            let run = try TestRun()
            let outcome = try run.train(["weights=tertiary"], ranks: 3)
            #expect(outcome.status == 78)
            #expect(
                outcome.complaints == [
                    "recipe \(run.recipe): weights.model: 'tertiary' is not one of full-precision, "
                        + "binary, ternary, binary-connect, binary-connect-stochastic, bnn, bwn, "
                        + "xnor, twn, ttq, gumbel-binary, gumbel-ternary, log-derivative, ebp; "
                        + "did you mean ternary?"
                ])
        }

        @Test func `more ranks than gradient leaves are refused with a remedy`() throws {
            let run = try TestRun()
            let outcome = try run.train(["training.gradientLeaves=2"], ranks: 3)
            #expect(outcome.status == 78)
            #expect(
                outcome.complaints == [
                    "recipe: training.gradientLeaves: 2 leaves cannot be shared by 3 ranks; start "
                        + "at most 2 ranks or raise gradientLeaves (which changes the results)"
                ])
            #expect(!FileBytes.exists(run.output))
        }

        @Test func `usage errors exit with 64 and a missing recipe with 66`() throws {
            let run = try TestRun()
            let missing = try launch(Launch.program("lrnet-dist"), ["train", run.recipe])
            #expect(missing.code == 64)
            let setting = try run.train(["training.steps"])
            #expect(setting.status == 64)
            #expect(
                setting.complaints == [
                    "--set: 'training.steps': write section.key=value, such as training.steps=50"
                ])
            let recipe = try launch(
                Launch.program("lrnet-dist"),
                ["train", "/nowhere.yaml", "--data", "d", "--output", run.output])
            #expect(recipe.code == 66)
            #expect(recipe.error.split(separator: "\n").count == 1)
        }

        @Test func `a missing data folder is reported once and no run is created`() throws {
            let run = try TestRun()
            let outcome = try run.train([], ranks: 2, data: "/nowhere/data")
            #expect(outcome.status == 66)
            #expect(
                outcome.complaints == [
                    "data: /nowhere/data: no such folder; make one with "
                        + "lrnet-data fetch, import or synthesize"
                ])
            #expect(!FileBytes.exists(run.output))
        }

        @Test func `images of another shape than the network's input are refused`() throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/small"
            let shape = ImageShape(height: 5, width: 7, channels: 2)
            let writer = try ShardWriter(directory: data, name: "small", shape: shape, classes: 10)
            for split in DataSplit.allCases {
                try writer.write(split, count: 40) { range in
                    LabeledImages(
                        shape: shape,
                        pixels: Array(repeating: 3, count: range.count * shape.count),
                        labels: Array(repeating: 1, count: range.count))
                }
            }
            _ = try writer.finish()
            let run = try TestRun()
            let outcome = try run.train(data: data)
            #expect(outcome.status == 65)
            #expect(
                outcome.complaints == [
                    "data: \(data): has images of 5x7x2 but network mnist needs 28x28x1; "
                        + "choose another data set or network, or set network.input to 5x7x2"
                ])
        }

        @Test func `fewer training images than the global batch are refused`() throws {
            let run = try TestRun()
            let outcome = try run.train(["training.globalBatch=256", "training.microBatch=32"])
            #expect(outcome.status == 65)
            #expect(
                outcome.complaints == [
                    "data: \(Digits.path): has 250 training images, fewer than globalBatch 256; "
                        + "lower training.globalBatch"
                ])
        }

        @Test func `fewer training images than the recipe's samples are refused`() throws {
            let outcome = try TestRun().train(["data.samples=251"])
            #expect(outcome.status == 65)
            #expect(
                outcome.complaints == [
                    "data: \(Digits.path): has 250 training images, fewer than data.samples 251"
                ])
        }

        /// The arguments are a kind of damage, the exit code, and the file that the line names.
        @Test(arguments: [
            ("missing", 66, "train-00001.h5"), ("truncated", 65, "train-00001.h5"),
            ("flipped", 65, "train-00001.h5"), ("index", 65, "index.json"),
            ("fewer", 65, "index.json"),
        ])
        func `damaged data is named and ends all ranks with one line`(
            kind: String, status: Int32, file: String
        ) throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/digits"
            try Digits.make(data)
            try damage(data, kind)
            let run = try TestRun()
            let alone = try run.train(data: data)
            #expect(alone.status == status)
            #expect(alone.complaints.count == 1, "\(alone.errors)")
            #expect(alone.complaints.first?.contains("\(data)/\(file)") == true, "\(alone.errors)")

            // If only one rank has the damaged data, all ranks end, and one line names that rank.
            let program = try Launch.program("lrnet-dist")
            let good = run.arguments([])
            let bad = run.arguments([], data: data)
            let mixed = try Launch(
                [good, bad, good].map { RankLauncher.Part(1, [program] + $0) }
            ).wait()
            #expect(mixed.status == status, "\(mixed.errors)")
            #expect(mixed.complaints.count == 1, "\(mixed.errors)")
            #expect(mixed.complaints.first?.hasPrefix("rank 1: ") == true, "\(mixed.errors)")
            #expect(mixed.complaints.first?.contains("\(data)/\(file)") == true)
            #expect(mixed.duration < .seconds(60))
        }

        private func damage(_ data: String, _ kind: String) throws {
            let shard = "\(data)/train-00001.h5"
            let index = "\(data)/index.json"
            switch kind {
            case "missing": try AtomicFile.remove(shard)
            case "truncated":
                try AtomicFile.write(Array(try FileBytes.read(shard).dropLast(1000)), to: shard)
            case "flipped": try flip(shard, byte: 40_000, bit: 3)
            case "index":
                // Replaces the shard's hash with another one.
                var text = String(decoding: try FileBytes.read(index), as: UTF8.self)
                let hash = ContentHash.of(try FileBytes.read(shard))
                try #require(text.contains(hash))
                text = text.replacing(hash, with: ContentHash.of("other"))
                try AtomicFile.write(text, to: index)
            default:
                try AtomicFile.write(Array(try FileBytes.read(index).dropLast(40)), to: index)
            }
        }

        @Test
        func `data sets that differ between ranks are refused and the rank is named`() throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/other"
            try Digits.make(data, ["--seed", "9"])
            let run = try TestRun()
            let program = try Launch.program("lrnet-dist")
            let outcome = try Launch(
                [run.arguments([]), run.arguments([], data: data)].map {
                    RankLauncher.Part(1, [program] + $0)
                }
            ).wait()
            #expect(outcome.status == 65)
            #expect(outcome.complaints.count == 1)
            #expect(outcome.complaints.first?.contains("differs from rank 0's data set") == true)
            #expect(outcome.complaints.first?.hasPrefix("rank 1: data: ") == true)
        }

        @Test func `a folder with another recipe's run or foreign files is left alone`() throws {
            let run = try TestRun()
            try run.train(["training.steps=1"])
            let hash = try run.written().parametersSHA256
            let other = try run.train(
                ["training.steps=1", "optimizer.learningRate=0.02"], ranks: 2)
            #expect(other.status == 78)
            #expect(
                other.complaints == [
                    "rank 0: run: \(run.output): already contains a run with a different recipe "
                        + "(optimizer.learningRate: 0.01 -> 0.02); undo that with --set "
                        + "optimizer.learningRate=0.01 or use a new --output"
                ])
            #expect(try run.written().parametersSHA256 == hash)

            let foreign = try TestRun(output: run.folder.path + "/foreign")
            try AtomicFile.createFolder(foreign.output)
            try AtomicFile.write("thesis", to: "\(foreign.output)/thesis.tex")
            let refused = try foreign.train()
            #expect(refused.status == 64)
            #expect(
                refused.complaints == [
                    "run: \(foreign.output): is not a run's folder but contains 'thesis.tex'; choose "
                        + "another --output"
                ])
            #expect(TestFolder.names(in: foreign.output) == ["thesis.tex"])
        }

        /// The first checkpoint fits on the disk, the second does not.
        @Test(.enabled(if: TinyDisk.isPossible))
        func `a full disk ends the run, which resumes once there is space`() throws {
            let settings = ["weights=full-precision", "checkpoint.everySteps=2"]
            let disk = try TinyDisk(size: "30m")
            let run = try TestRun(output: "\(disk.path)/run")
            let outcome = try run.train(settings, ranks: 2)
            #expect(outcome.status == 74)
            #expect(
                outcome.complaints == [
                    "rank 0: write: \(run.output)/checkpoints/step-00000004.partial/state.h5: No "
                        + "space left on device; free some space and run the same command again"
                ])
            #expect(run.checkpoints == ["latest", "step-00000002"])
            try disk.resize(to: "100m")
            #expect(try run.result(settings).resumedFromStep == 2)
            #expect(try run.written().numbers == TestRun().result(settings).numbers)
        }

        @Test(.enabled(if: TinyDisk.isPossible))
        func `a disk without room for the log ends the run with one line`() throws {
            let disk = try TinyDisk(size: "4k")
            let run = try TestRun(output: "\(disk.path)/run")
            let outcome = try run.train()
            #expect(outcome.status == 74)
            #expect(outcome.complaints.count == 1, "\(outcome.errors)")
            #expect(outcome.complaints.first?.contains("No space left on device; free") == true)
        }

        @Test func `an output folder that cannot be created ends the run with one line`() throws {
            let run = try TestRun(output: "/proc/none/run")
            let outcome = try run.train(ranks: 2)
            #expect(outcome.status == 74)
            #expect(outcome.complaints.count == 1)
            #expect(outcome.complaints.first?.hasPrefix("rank 0: mkdir: /proc/none: ") == true)
        }

        /// The first update makes the weights so large that the second loss is not finite.
        @Test(arguments: [nil, 3])
        func `a nonfinite loss names its origin and keeps the last checkpoint`(ranks: Int?) throws {
            let run = try TestRun()
            let outcome = try run.train(
                ["optimizer.learningRate=1e30", "checkpoint.everySteps=1"], ranks: ranks)
            #expect(outcome.status == 80)
            #expect(
                outcome.complaints == [
                    "step 2: the loss: is not finite, first the output of conv2"
                        + "\(ranks == nil ? "" : " on every rank"); lower "
                        + "optimizer.learningRate in a new --output, or look inside with --debug"
                ])
            #expect(run.checkpoints == ["latest", "step-00000001"])
            let store = CheckpointStore(runFolder: run.output)
            #expect(try store.load("latest").step == 1)
        }

        @Test func `a source run that does not exist is refused with one line`() throws {
            let run = try TestRun()
            let missing = try run.train(["initialization.from=/nowhere"], ranks: 2)
            #expect(missing.status == 66)
            #expect(missing.complaints.count == 1)
            #expect(missing.complaints.first?.contains("has no winner.safetensors") == true)
        }
    }
}
