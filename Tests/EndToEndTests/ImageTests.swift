import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// A data set of random 32x32x3 images in four classes: 250 for training, 60 for validation, 40 for
/// test.
enum ColorImages {
    static let shape = ImageShape(height: 32, width: 32, channels: 3)

    static func write(_ path: String) throws {
        let writer = try ShardWriter(directory: path, name: "color", shape: shape, classes: 4)
        for (stream, (split, count)) in [
            (DataSplit.train, 250), (.validation, 60), (.test, 40),
        ].enumerated() {
            try writer.write(split, count: count, shards: 3) { samples(in: $0, UInt32(stream)) }
        }
        try writer.finish()
    }

    /// A class is the color that is brighter, if any; the rest is noise.
    private static func samples(in range: Range<Int>, _ stream: UInt32) -> LabeledImages {
        var (pixels, labels): ([UInt8], [Int32]) = ([], [])
        for sample in range {
            let key = NoiseKey(seed: 3, purpose: .test, step: stream, index: UInt32(sample))
            let label = key.integer(shape.count, below: 4)
            labels.append(Int32(label))
            for i in 0..<shape.count {
                let shade = (i % 3) == label ? 80 : 20
                pixels.append(UInt8(shade + key.integer(i, below: 150)))
            }
        }
        return LabeledImages(shape: shape, pixels: pixels, labels: labels)
    }
}

extension EndToEndTests {
    /// Training on images that are cropped, mirrored, and standardized.
    @Suite struct ImageTests {
        static let settings = [
            "network={layers: [8C3, MP2, 16C3, MP2, 32FC, dropout], input: 32x32x3, classes: 4}",
            "augmentation={pad: 4, crop: 32, flip: true, brightness: 0.1, contrast: [0.5, 1.5], "
                + "standardize: image}",
            "training.steps=20", "validation.everyEpochs=1", "validation.draws=2",
            "validation.reestimateBatches=2",
        ]

        /// The run has twenty steps, more than an epoch, with validations and the winner's test
        /// error.
        @Test(arguments: ["full", "block"])
        func `augmented training repeats bit for bit on any ranks and data workers`(
            shuffle: String
        ) throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/color"
            try ColorImages.write(data)
            let settings =
                Self.settings + [
                    "data={shuffle: \(shuffle), blockSamples: 10, windowBlocks: 2}"
                ]
            func result(_ more: [String], ranks: Int?) throws -> RunResult {
                let run = try TestRun()
                let outcome = try run.train(settings + more, ranks: ranks, data: data)
                try #require(outcome.status == 0, "\(outcome.errors)")
                let metrics = try FileBytes.read("\(run.output)/metrics.jsonl")
                #expect(String(decoding: metrics, as: UTF8.self).contains("\"dataPercent\":"))
                return try run.written()
            }
            let expected = try result([], ranks: nil)
            #expect(expected.steps == 20 && expected.testError != nil)
            for (ranks, workers) in [(1, 2), (2, 1), (3, 2), (4, 1)] {
                let other = try result(["data.workers=\(workers)"], ranks: ranks)
                #expect(other.numbers == expected.numbers, "\(ranks) ranks")
            }
            let plain = try result(["augmentation.flip=false"], ranks: nil)
            #expect(plain.parametersSHA256 != expected.parametersSHA256)
        }

        /// The crops must be those of an uninterrupted run.
        @Test func `a run stopped in its second epoch resumes to the same state`() throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/color"
            try ColorImages.write(data)
            let whole = try TestRun()
            try #require(whole.train(Self.settings, data: data).status == 0)
            let parts = try TestRun()
            let shorter = try parts.train(Self.settings + ["training.steps=17"], data: data)
            try #require(shorter.status == 0, "\(shorter.errors)")
            try #require(parts.train(Self.settings, data: data).status == 0)
            let result = try parts.written()
            #expect(result.resumedFromStep == 17)
            #expect(try result.stateSHA256 == whole.written().stateSHA256)
        }

        @Test func `evaluation repeats its output and the run's validation error`() throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/color"
            try ColorImages.write(data)
            let run = try TestRun()
            try #require(run.train(Self.settings, data: data).status == 0)
            let program = try Launch.program("lrnet-dist")
            let arguments = ["evaluate", run.output, "--data", data, "--draws", "2"]
            let outcome = try Launch(program, arguments).wait()
            try #require(outcome.status == 0, "\(outcome.errors)")
            let again = try Launch(program, arguments, ranks: 2).wait()
            #expect(again.output == outcome.output)
            let error = try #require(run.written().validationError)
            #expect(outcome.output.contains(String(format: "best %.2f %%", error)))
        }

        @Test func `bench reads a data set and reports its workers and waiting time`() throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/color"
            try ColorImages.write(data)
            let settings = Self.settings.prefix(2).flatMap { ["--set", $0] }
            let outcome = try Launch(
                Launch.program("lrnet-dist"),
                ["bench", "--data", data, "--steps", "3", "--global-batch", "64"] + settings
                    + ["--set", "data.workers=2"], ranks: 2
            ).wait()
            try #require(outcome.status == 0, "\(outcome.errors)")
            let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            let fields = try #require(json as? [String: Any])
            let waiting = try #require(fields["data_percent"] as? Double)
            #expect((0..<100).contains(waiting))
            #expect(fields["data_workers"] as? Int == 2)
        }

        @Test func `crops and inputs that do not fit the images are refused`() throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/color"
            try ColorImages.write(data)
            let run = try TestRun()
            let network = "network={layers: [8C3/2, GAP], input: 40x40x3, classes: 4}"
            let outcome = try run.train(
                [network, "augmentation={crop: 40, pad: 2}"], ranks: 2, data: data)
            #expect(outcome.status == 65)
            #expect(
                outcome.complaints == [
                    "augmentation: \(data): has images of 32x32x3; augmentation.crop 40x40 does not "
                        + "fit with shorterSide unset and pad 2; lower crop, or raise pad or "
                        + "shorterSide"
                ])
            let uncropped = try run.train([network], data: data)
            #expect(uncropped.status == 65)
            #expect(
                uncropped.complaints == [
                    "data: \(data): has images of 32x32x3 but network custom needs 40x40x3; choose "
                        + "another data set or network, or set network.input to 32x32x3"
                ])
        }

        /// Blocks of a bad size lead to another remedy.
        @Test func `a full shuffle beyond the cache causes a warning with a remedy`() throws {
            let folder = try TestFolder()
            let data = "\(folder.path)/color"
            try ColorImages.write(data)
            let run = try TestRun()
            func plan(_ settings: String...) throws -> String {
                let outcome = try Launch(
                    Launch.program("lrnet-dist"),
                    run.arguments(Self.settings + settings, data: data, ["--dry-run"])
                ).wait()
                try #require(outcome.status == 0, "\(outcome.errors)")
                return outcome.output
            }
            #expect(try !plan().contains("warning"))
            #expect(
                try plan().contains(
                    "inputs      pad 4, random crop 32, random mirror, brightness +-0.1, contrast 0.5 "
                        + "to 1.5, standardized per image\n"))
            #expect(try plan("data.cacheMegabytes=0").contains("set data.shuffle=block"))
            #expect(
                try plan("data={cacheMegabytes: 0, shuffle: block, blockSamples: 9}")
                    .contains("set data.blockSamples to "))
        }
    }
}
