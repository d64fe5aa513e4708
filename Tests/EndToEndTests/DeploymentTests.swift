import Foundation
import LRNetData
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Tests of `lrnet-dist export` and `predict`.
    @Suite struct DeploymentTests {
        private static let settings = [
            "training.steps=15", "validation.everyEpochs=1", "validation.draws=2",
            "validation.reestimateBatches=1",
        ]

        private func lrnet(_ arguments: [String]) throws -> Launch.Outcome {
            try Launch(Launch.program("lrnet-dist"), arguments).wait()
        }

        private func trained(_ weights: String = "ternary") throws -> TestRun {
            let run = try TestRun()
            _ = try run.result(Self.settings + ["weights=\(weights)"])
            return run
        }

        /// A file contains MNIST's 1,657,632 weights and a last layer of 20 KB. Only QONNX stores
        /// weights as Float32.
        @Test(
            arguments: [
                ("packed", 355_000..<370_000), ("float-onnx", 355_000..<370_000),
                ("fixed-onnx", 355_000..<370_000), ("qonnx", 6_640_000..<6_690_000),
            ])
        func `an export is verified and has the same bytes each time`(
            format: String, sizes: Range<Int>
        ) throws {
            let run = try trained()
            let path = "\(run.folder.path)/network"
            let arguments =
                [
                    "export", run.output, "--format", format, "--data", Digits.path, "--output",
                    path,
                ] + (format == "float-onnx" ? [] : ["--calibrate", "100"])
            let planned = try lrnet(arguments + ["--dry-run"])
            #expect(planned.status == 0 && !FileBytes.exists(path))
            let outcome = try lrnet(arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("verified on 60 images: error "))
            #expect(outcome.output + "dry run: nothing was written\n" == planned.output)
            let bytes = try FileBytes.read(path)
            #expect(sizes.contains(bytes.count), "\(bytes.count)")
            #expect(outcome.output.contains("weights are float32") == (format == "qonnx"))
            #expect(outcome.output.contains("SHA-256 \(ContentHash.of(bytes))\n"))
            let again = try lrnet(arguments + ["--threads", "2"])
            #expect(again.status == 64)
            #expect(
                again.complaints.first?.contains(
                    "\(path): exists; choose another --output, or replace it with --force") == true)
            #expect(try lrnet(arguments + ["--force", "--threads", "2"]).status == 0)
            #expect(try FileBytes.read(path) == bytes)
            #expect(run.folder.names.sorted() == ["network", "recipe.yaml", "run"])
        }

        @Test func `C is written as one folder with the same bytes each time`() throws {
            let run = try trained()
            let path = "\(run.folder.path)/code"
            let arguments = [
                "export", run.output, "--format", "c", "--data", Digits.path, "--output", path,
                "--calibrate", "100", "--verify", "20",
            ]
            func files() throws -> [[UInt8]] {
                try ["net.h", "net.c", "test.c", "vectors.h"].map {
                    try FileBytes.read("\(path)/\($0)")
                }
            }
            let outcome = try lrnet(arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("verified on 20 images: error "))
            let first = try files()
            #expect(outcome.output.contains("SHA-256 of net.c \(ContentHash.of(first[1]))\n"))
            let again = try lrnet(arguments)
            #expect(again.status == 64)
            #expect(try lrnet(arguments + ["--force", "--threads", "2"]).status == 0)
            #expect(try files() == first)
            #expect(run.folder.names.sorted() == ["code", "recipe.yaml", "run"])
        }

        /// The signal arrives while the C compiler runs.
        @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
        func `an interrupted export leaves no file`(number: Int32) throws {
            let run = try trained()
            let path = "\(run.folder.path)/code"
            let tools = "\(run.folder.path)/tools"
            try AtomicFile.createFolder(tools)
            // A compiler that does not end, and that notes its process.
            try AtomicFile.write(
                "#!/bin/sh\necho $$ > \(tools)/process\nsleep 100\n", to: "\(tools)/cc")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: "\(tools)/cc")
            let launch = try Launch(
                Launch.program("lrnet-dist"),
                [
                    "export", run.output, "--format", "c", "--data", Digits.path, "--output", path,
                    "--calibrate", "50",
                ],
                environment: [
                    "PATH": "\(tools):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
                ])
            var compiler: Int32?
            #expect(
                launch.waits {
                    let text = (try? FileBytes.read("\(tools)/process")) ?? []
                    compiler = Int32(
                        String(decoding: text, as: UTF8.self).split(separator: "\n").first ?? "")
                    return compiler != nil
                })
            let folders = TestFolder.names(in: launch.ownFolders[0])
            #expect(folders.contains { $0.hasPrefix("lrnet-c-") }, "\(folders)")
            launch.signal(number)
            let outcome = try launch.wait()
            #expect(outcome.status == -number && outcome.errors.isEmpty, "\(outcome)")
            let left = TestFolder.names(in: launch.ownFolders[0])
            #expect(!left.contains { $0.hasPrefix("lrnet-c-") }, "\(left)")
            #expect(run.folder.names.sorted() == ["recipe.yaml", "run", "tools"])
            // A process that has ended has no command line.
            let words = try? FileBytes.read("/proc/\(try #require(compiler))/cmdline")
            #expect(words?.isEmpty != false)
        }

        @Test func `integer scores are verified, and a packed file keeps them`() throws {
            let run = try trained()
            let packed = "\(run.folder.path)/packed"
            let first = try lrnet([
                "export", run.output, "--format", "packed", "--data", Digits.path, "--output",
                packed, "--last-layer", "int8", "--verify", "20",
            ])
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output.contains("fixed point: features and scores equal on all, error "))
            for (format, name) in [("fixed-onnx", "net.onnx"), ("c", "code")] {
                let outcome = try lrnet([
                    "export", packed, "--format", format, "--data", Digits.path, "--output",
                    "\(run.folder.path)/\(name)", "--verify", "20",
                ])
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output.contains("features and scores equal on all"))
            }
            let header = try FileBytes.read("\(run.folder.path)/code/net.h")
            let words = String(decoding: header, as: UTF8.self)
            #expect(words.contains("typedef int32_t net_score;"))
            let source = try FileBytes.read("\(run.folder.path)/code/net.c")
            for word in ["float", "double"] {
                #expect(
                    !String(decoding: source, as: UTF8.self).split(separator: "\n").contains {
                        $0.contains(word) && !$0.contains("floating point")
                    })
            }
        }

        @Test func `a refused export names the reason and writes no file`() throws {
            let run = try trained("full-precision")
            let path = "\(run.folder.path)/network"
            func refused(
                _ format: String, _ more: [String], source: String? = nil
            ) throws -> (Int32, String) {
                let outcome = try lrnet(
                    ["export", source ?? run.output, "--format", format, "--output", path] + more)
                #expect(!FileBytes.exists(path))
                return (outcome.status, outcome.complaints.first ?? "")
            }
            let data = ["--data", Digits.path]
            let real = try refused("fixed-onnx", data)
            #expect(real.0 == 78 && real.1.contains("conv2: weights are real"), "\(real)")
            let code = try refused("c", data)
            #expect(code.0 == 78 && code.1.contains("conv2: weights are real"), "\(code)")
            let compiled = try refused("qonnx", data)
            #expect(
                compiled.0 == 78
                    && compiled.1.hasSuffix(
                        "qonnx: conv2: weights are real, which qonnx does not support; packed and "
                            + "float-onnx do"),
                "\(compiled)")
            for format in ["fixed-onnx", "qonnx"] {
                let missing = try refused(format, [])
                #expect(missing.0 == 64 && missing.1.contains("give --data"), "\(missing)")
            }
            for (format, options, words) in [
                ("packed", ["--calibrate", "9"], "--calibrate requires --data"),
                ("float-onnx", ["--verify", "9"], "--verify requires --data"),
                ("float-onnx", ["--digits", "9"], "--digits is for fixed point"),
                ("c", ["--packing", "int8"], "--packing int8 is for ONNX files"),
                ("float-onnx", ["--last-layer", "int8"], "--last-layer is for fixed point"),
                ("packed", ["--last-layer", "int8"], "--last-layer int8: needs images"),
                ("packed", ["--prefix", "digits"], "--prefix is for C files"),
                ("c", ["--prefix", "2nd"], "--prefix: 2nd: is not a C identifier"),
                ("qonnx", ["--packing", "int8"], "omit it for --format qonnx"),
                ("qonnx", ["--digits", "9"], "omit it for --format qonnx"),
                ("qonnx", ["--verify", "9"], "--verify requires --data"),
            ] {
                let outcome = try refused(format, options)
                #expect(outcome.0 == 64 && outcome.1.contains(words), "\(outcome)")
            }
            // The weights can be exported without fixed point.
            let plan = try lrnet(
                ["export", run.output, "--format", "packed", "--output", path, "--dry-run"] + data)
            #expect(plan.status == 0, "\(plan)")
            #expect(
                plan.output.contains("without fixed point: fixed: conv2: weights are real"),
                "\(plan)")
            let many = try refused("fixed-onnx", data + ["--calibrate", "1000"])
            #expect(many.0 == 65 && many.1.contains("has only 250 images"), "\(many)")
            let nowhere = try refused("packed", [], source: "\(run.output)x")
            #expect(nowhere.0 == 66)
            let winner = "\(run.output)/winner.safetensors"
            let own = try FileBytes.read(winner)
            for (output, status, words) in [
                (winner, 64, "would replace"), (run.output, 64, "is not a regular file"),
                ("\(path)/x", 66, "make \(path) first"), ("", 64, "is empty"),
            ] {
                let outcome = try lrnet([
                    "export", run.output, "--format", "packed", "--force", "--dry-run", "--output",
                    output,
                ])
                #expect(outcome.status == status && outcome.errors.contains(words), "\(outcome)")
            }
            let replaced = try lrnet(
                ["predict", winner, "--split", "test", "--scores", winner] + data)
            #expect(replaced.status == 64)
            #expect(try FileBytes.read(winner) == own)
            var bytes = own
            bytes[bytes.count - 9] ^= 4
            try AtomicFile.write(bytes, to: winner)
            let damaged = try refused("packed", [])
            #expect(damaged.0 == 65 && damaged.1.contains("is damaged or was edited"))
        }

        @Test func `float and packed predictions have the run's test error`() throws {
            let run = try trained("binary")
            let winner = "\(run.output)/winner.safetensors"
            let packed = "\(run.folder.path)/packed"
            let exported = try lrnet([
                "export", winner, "--format", "packed", "--data", Digits.path, "--output", packed,
            ])
            try #require(exported.status == 0, "\(exported.errors)")
            let test = try #require(try run.written().testError)
            for (source, arithmetic) in [
                (run.output, "float"), (winner, "packed"), (packed, "packed"), (packed, "float"),
            ] {
                let outcome = try lrnet([
                    "predict", source, "--data", Digits.path, "--split", "test", "--arithmetic",
                    arithmetic,
                ])
                let words = String(format: "error %.2f %%\n", test)
                #expect(outcome.output.hasSuffix(words), "\(outcome.output) \(outcome.errors)")
            }
            // Another export keeps the file's digits, or chooses new ones.
            func digits(_ more: [String]) throws -> [UInt8] {
                let path = "\(run.folder.path)/again"
                let outcome = try lrnet(
                    ["export", packed, "--format", "packed", "--output", path, "--force"] + more)
                #expect(outcome.status == 0, "\(outcome.errors)")
                return try FileBytes.read(path)
            }
            #expect(try digits([]) == FileBytes.read(packed))
            let two = try digits(["--digits", "2"])
            #expect(try two != FileBytes.read(packed))
            // A packed file contains its units; a winner derives them from the same images.
            let features = try [packed, winner].map { source -> [UInt8] in
                let path = "\(run.folder.path)/features.npy"
                let outcome = try lrnet([
                    "predict", source, "--data", Digits.path, "--split", "test", "--arithmetic",
                    "fixed", "--features", path, "--scores", "\(path).scores",
                ])
                #expect(outcome.status == 0, "\(outcome.errors)")
                return try FileBytes.read(path)
            }
            #expect(features[0] == features[1])
            #expect(features[0].count == 128 + 40 * 512 * 4)
            #expect(features[0].starts(with: [0x93] + Array("NUMPY".utf8)))
        }

        @Test func `image files are classified like the same images of a data set`() throws {
            let run = try trained()
            let folder = "\(run.folder.path)/pictures"
            try AtomicFile.createFolder(folder)
            let set = try ShardSet(directory: Digits.path)
            let reader = try ShardReader(set: set, split: .test)
            for sample in 0..<3 {
                let image = try reader.picture(sample).image
                let path = "\(folder)/\(sample).png"
                try AtomicFile.write(PNGCodec.encode(image), to: path)
            }
            let files = try lrnet(["predict", run.output, folder, "--top", "3", "--json"])
            #expect(files.status == 0, "\(files.errors)")
            struct Line: Decodable {
                struct Class: Decodable, Equatable {
                    var label: Int
                    var share: Double
                }
                var classes: [Class]
            }
            func lines(_ text: String) throws -> [Line] {
                try text.split(separator: "\n").map {
                    try JSONDecoder().decode(Line.self, from: Data($0.utf8))
                }
            }
            let split = try lrnet([
                "predict", run.output, "--data", Digits.path, "--split", "test", "--top", "3",
                "--json",
            ])
            let (ofFiles, ofSplit) = (try lines(files.output), try lines(split.output))
            #expect(ofFiles.count == 3 && ofSplit.count == 40)
            #expect(ofFiles.map(\.classes) == ofSplit.prefix(3).map(\.classes))

            let large = "\(folder)/large.png"
            try AtomicFile.write(
                PNGCodec.encode(
                    PixelImage(
                        height: 30, width: 40, channels: 3,
                        pixels: Array(repeating: 7, count: 3_600))), to: large)
            let refused = try lrnet(["predict", run.output, large])
            #expect(refused.status == 65)
            #expect(
                refused.complaints == [
                    "lrnet-dist: predict: \(large): is 30x40x1, but the network needs 28x28x1; "
                        + "use --resize to scale it"
                ])
            #expect(try lrnet(["predict", run.output, large, "--resize"]).status == 0)
            let many = try lrnet(["predict", run.output, large, "--threads", "1000000"])
            #expect(many.status == 64)
            #expect(try lrnet(["predict", run.output, "\(folder)/none.png"]).status == 66)
            let usage = try lrnet(["predict", run.output])
            #expect(usage.status == 64)
        }
    }
}
