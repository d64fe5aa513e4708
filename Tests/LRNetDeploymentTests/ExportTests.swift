import LRNetData
import LRNetDeployment
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// An export is written only if its file computes the same as the network.
@Suite struct ExportTests {
    /// One wrong byte in the output of a writer.
    struct Fault: Sendable, CustomStringConvertible {
        let description: String
        let format: ExportFormat
        /// The first position at which these bytes follow this text.
        let text: String
        let bytes: [UInt8]
        /// The offset of the byte from the end of the text, and the change of its value.
        let offset: Int
        let change: @Sendable (UInt8) -> UInt8
        var lastLayer = LastLayer.float
    }

    /// A key and the number of bytes follow the name of a tensor; integers follow that of an
    /// attribute.
    private static let faults: [Fault] =
        [ExportFormat.floatONNX, .fixedONNX].flatMap { format in
            [
                Fault(
                    description: "a weight", format: format, text: "conv1.weight", bytes: [0x4A],
                    offset: 2, change: { $0 == 0 ? 1 : $0 - 1 }),
                Fault(
                    description: "a weight of the last layer", format: format,
                    text: "output.weight",
                    bytes: [0x4A], offset: 5, change: { $0 ^ 0x10 }),
                Fault(
                    description: "a pad", format: format, text: "pads", bytes: [0x40, 1], offset: 1,
                    change: { _ in 0 }),
                Fault(
                    description: "a stride", format: format, text: "strides", bytes: [0x40, 2],
                    offset: 3, change: { _ in 1 }),
            ]
        } + [
            Fault(
                description: "a factor", format: .fixedONNX, text: "conv2.factor", bytes: [0x4A],
                offset: 2 + 4 * 5 + 2, change: { $0 ^ 0x40 }),
            Fault(
                description: "a bias", format: .fixedONNX, text: "conv2.bias", bytes: [0x4A],
                offset: 2 + 4 * 5 + 1, change: { $0 ^ 1 }),
            Fault(
                description: "a weight of an integer last layer", format: .fixedONNX,
                text: "output.weight", bytes: [0x4A], offset: 5, change: { $0 ^ 1 },
                lastLayer: .int8),
            Fault(
                description: "a bias of an integer last layer", format: .fixedONNX,
                text: "output.shift", bytes: [0x4A], offset: 1, change: { $0 ^ 1 },
                lastLayer: .int8),
            Fault(
                description: "a weight", format: .qonnx, text: "conv1.weight", bytes: [0x4A],
                offset: 6, change: { $0 == 0 ? 0x40 : $0 ^ 0x80 }),
            Fault(
                description: "a weight of the last layer", format: .qonnx, text: "output.weight",
                bytes: [0x4A], offset: 5, change: { $0 ^ 0x40 }),
            Fault(
                description: "a pad", format: .qonnx, text: "pads", bytes: [0x40, 1], offset: 1,
                change: { _ in 0 }),
            Fault(
                description: "a scale", format: .qonnx, text: "bn2.scale", bytes: [0x4A],
                offset: 2 + 4 * 5 + 2, change: { $0 ^ 0x10 }),
            Fault(
                description: "a unit", format: .qonnx, text: "bn2.quantized.scale", bytes: [0x4A],
                offset: 2 + 2, change: { $0 ^ 0x80 }),
            Fault(
                description: "a number of bits", format: .qonnx, text: "bn2.quantized.bits",
                bytes: [0x4A], offset: 2 + 3, change: { $0 - 1 }),
            Fault(
                description: "a scale", format: .floatONNX, text: "conv2.scale", bytes: [0x4A],
                offset: 2 + 4 * 5 + 2, change: { $0 ^ 0x10 }),
        ]

    private static let network =
        "{layers: [8C3, 12C3/2, MP2, 8C3], input: 12x12x1, classes: 5}"

    /// Writes a winner and a data set of images, and returns the options of their export.
    private func options(_ folder: TestFolder, _ format: ExportFormat) throws -> Export.Options {
        var random = try RandomNetwork(Self.network)
        try AtomicFile.write(random.bytes, to: "\(folder.path)/winner.safetensors")
        let writer = try ShardWriter(
            directory: "\(folder.path)/set", name: "random", shape: random.input, classes: 5)
        for split in [DataSplit.train, .validation] {
            let images = LabeledImages(
                shape: random.input, pixels: random.pictures(20).flatMap { $0 },
                labels: (0..<20).map { Int32($0 % 5) })
            try writer.write(split, count: 20) { images[$0] }
        }
        try writer.finish()
        var options = Export.Options(
            source: "\(folder.path)/winner.safetensors", format: format,
            output: "\(folder.path)/net.onnx")
        options.data = "\(folder.path)/set"
        options.calibrationCount = 20
        return options
    }

    @Test(arguments: ExportFormat.allCases)
    func `an export that matches the network is written`(format: ExportFormat) throws {
        let folder = try TestFolder()
        let report = try Export(options(folder, format)).run()
        let verification = try #require(report.verification)
        #expect(verification.pictures == 20 && verification.scoreDifference < 2e-5)
        #expect((verification.fixedScoreDifference ?? 0) < 2e-5)
        #expect(verification.isUnread == nil)
        #expect(FileBytes.exists("\(folder.path)/net.onnx"))
    }

    @Test func `more verification images than the split has are rejected`() throws {
        let folder = try TestFolder()
        var options = try options(folder, .packed)
        options.verificationCount = 21
        let error = #expect(throws: Failure.self) { try Export(options).run() }
        #expect(error?.exitStatus == .badData)
        #expect(
            error?.description
                == "--verify: 21: the validation split has only 20 images; use at most that many"
        )
        #expect(folder.names == ["set", "winner.safetensors"])
        options.verificationCount = 20
        #expect(try Export(options).run().verification?.pictures == 20)
    }

    @Test(arguments: faults)
    func `an export with one wrong byte is not written`(fault: Fault) throws {
        let folder = try TestFolder()
        let pattern = Array(fault.text.utf8)
        var options = try options(folder, fault.format)
        options.lastLayer = fault.lastLayer == .int8 ? .int8 : nil
        let export = Export(options) { bytes in
            var changed = bytes
            guard let found = bytes.firstRange(of: pattern + fault.bytes) else { return bytes }
            let place = found.lowerBound + pattern.count + fault.offset
            changed[place] = fault.change(bytes[place])
            #expect(changed != bytes)
            return changed
        }
        let error = #expect(throws: Failure.self) { try export.run() }
        #expect(error?.exitStatus == .internalError, "\(error?.description ?? "")")
        #expect(error?.message.hasSuffix("; nothing was written") == true)
        #expect(folder.names == ["set", "winner.safetensors"])
    }

    @Test(arguments: ExportFormat.allCases)
    func `a truncated export is not written`(format: ExportFormat) throws {
        let folder = try TestFolder()
        let export = try Export(options(folder, format)) { Array($0.dropLast($0.count / 2)) }
        let error = #expect(throws: Failure.self) { try export.run() }
        #expect(error?.exitStatus == .internalError)
        #expect(folder.names == ["set", "winner.safetensors"])
    }

    /// C is a folder, which is replaced with `--force` unless that would lose other files. Its name
    /// may end with a slash.
    @Test(arguments: ["", "/", "//"])
    func `C replaces a folder whole, however its path ends`(end: String) throws {
        let folder = try TestFolder()
        var options = try options(folder, .c)
        options.output = "\(folder.path)/net\(end)"
        _ = try Export(options).run()
        func contents() throws -> [[UInt8]] {
            try CNames.standard.files.map { try FileBytes.read("\(folder.path)/net/\($0)") }
        }
        let files = try contents()
        func refused(_ message: String) throws {
            let error = #expect(throws: Failure.self) { try Export(options).run() }
            #expect(error?.exitStatus == .usage)
            #expect(error?.message == message)
            #expect(try contents() == files)
        }
        try refused("exists; choose another --output, or replace it with --force")
        options.isForced = true
        options.threads = 2
        _ = try Export(options).run()
        #expect(try contents() == files)
        try AtomicFile.write("mine", to: "\(folder.path)/net/notes.txt")
        try refused("contains notes.txt, which would be lost; name another folder")
        options.output = "\(folder.path)/winner.safetensors"
        try refused("is not a folder; name another one")
        #expect(folder.names == ["net", "set", "winner.safetensors"])
    }

    /// A weight that differs in `net.c` changes the results of `test.c`.
    @Test
    func `C that fails its own test is not written`() throws {
        let folder = try TestFolder()
        let export = try Export(options(folder, .c)) { bytes in
            Array(
                String(decoding: bytes, as: UTF8.self)
                    .replacing(".outputs = 8, .fan_in = 9,", with: ".outputs = 7, .fan_in = 9,")
                    .utf8)
        }
        let error = #expect(throws: Failure.self) { try export.run() }
        #expect(error?.exitStatus == .internalError)
        #expect(error?.message == "fails its own test.c; nothing was written")
        #expect(folder.names == ["set", "winner.safetensors"])
    }
}
