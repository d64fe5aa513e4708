internal import Foundation
internal import LRNetData
internal import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

/// Exports a network to a file, or to a folder for C, after verifying it on images.
package struct Export {
    package struct Options: Sendable {
        /// A run's folder, a winner's file or a packed file.
        package var source: String
        package var format: ExportFormat
        package var output: String
        /// The data set's folder, for calibration and verification.
        package var data: String?
        /// The number of images of the training split that determine the units of activations;
        /// `nil` for 256, or for all images if there are fewer.
        package var calibrationCount: Int?
        /// The largest number of signed powers of two in a factor; `nil` for the number in a packed
        /// file, or else 4.
        package var digits: Int?
        /// The number of images that the file is verified on, from the validation split or, without
        /// one, from the test split; `nil` for 200, or for all images if there are fewer.
        package var verificationCount: Int?
        package var packing: ONNXPacking?
        /// The arithmetic of the last layer in fixed point; `nil` for that of a packed file, or
        /// else ``LastLayer/float``.
        package var lastLayer: LastLayer?
        /// The names in C.
        package var names = CNames.standard
        package var threads = 1
        /// True if an existing file is replaced.
        package var isForced = false
        /// True if nothing is written.
        package var isDry = false

        package init(source: String, format: ExportFormat, output: String) {
            self.source = source
            self.format = format
            self.output = output
        }
    }

    private let options: Options
    private let alteration: @Sendable ([UInt8]) -> [UInt8]

    /// - Parameter alteration: Simulates a writer's fault in tests.
    package init(
        _ options: Options, alteration: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }
    ) {
        self.options = options
        self.alteration = alteration
    }

    /// Verifies the exported network and writes the file.
    ///
    /// - Throws: `Failure`: 64 for incompatible options, or a folder with other files; 65 for a
    ///   network or data that are damaged or do not match; 66 for missing input; 70 if the written
    ///   network differs from the source; 78 if the format cannot express the network. After a
    ///   failure, no new file with the final name is left.
    package func run() throws -> ExportReport {
        if options.format == .c {
            try OutputPath("--output", options.output).check(folderOf: options.names.files)
        } else {
            try OutputPath("--output", options.output).check()
        }
        if FileBytes.exists(options.output), !options.isForced, !options.isDry {
            throw FailureSite("export", options.output).usage(
                "exists; choose another --output, or replace it with --force")
        }
        let source = try NetworkSource(options.source)
        try OutputPath("--output", options.output).check(isNot: source.path)
        let set = try options.data.map { try ShardSet(directory: $0) }
        let verifiedSplit = set.map { $0.count(.validation) > 0 ? DataSplit.validation : .test }
        if let set, let verifiedSplit, let count = options.verificationCount,
            count > set.count(verifiedSplit)
        {
            throw FailureSite("--verify", "\(count)").badData(
                "the \(verifiedSplit) split has only \(set.count(verifiedSplit)) images; use at "
                    + "most that many")
        }
        var (rounded, missing): (RoundedForm?, Failure?) = (nil, nil)
        do {
            rounded = try roundedForm(source, set)
        } catch let failure as Failure
            where failure.exitStatus == .badRecipe && options.format == .packed
            && options.lastLayer == nil
        {
            // A packed file without fixed point still contains the weights.
            missing = failure
        }
        let images = try verifiedSplit.flatMap { split in
            try set.map { try ImageSource($0, split: split, for: source) }
        }
        let product = try product(source, rounded, images)
        var report = ExportReport(
            source: source, rounded: rounded?.network, format: options.format,
            packing: options.packing, output: options.output, bytes: product.bytes,
            code: product.code.map {
                ExportReport.Code(
                    source: options.names.files[1], flashBytes: $0.flashByteCount,
                    memoryBytes: $0.memoryByteCount,
                    isCompiled: product.written.isRunnable)
            })
        report.withoutFixedPoint = missing?.description
        if let images {
            report.verification = try Verification(
                source, rounded: rounded?.network, written: product.written, on: images,
                count: options.verificationCount ?? 200, threads: options.threads)
        }
        if !options.isDry { try write(product) }
        return report
    }

    /// The written content, and the network that is read back from it.
    private struct Product {
        /// The bytes of the file, or of `net.c`.
        var bytes: [UInt8]
        var written: WrittenNetwork
        var code: CExport?
    }

    private func product(
        _ source: NetworkSource, _ rounded: RoundedForm?, _ images: ImageSource?
    ) throws -> Product {
        guard options.format == .c else {
            let bytes = alteration(try bytes(source, rounded))
            return Product(
                bytes: bytes,
                written: try WrittenNetwork(
                    bytes, format: options.format, output: rounded?.network.fixed?.output))
        }
        guard case .fixed(let network) = rounded?.network else {
            preconditionFailure("c without calibration")
        }
        var code = try CExport(
            network, of: source.deployed, packing: options.packing, names: options.names,
            vectors: CExport.vectors(network, images: images))
        let bytes = alteration(code.source)
        code.source = bytes
        return Product(
            bytes: bytes, written: try WrittenNetwork(code, output: network.output),
            code: code)
    }

    /// Writes the product whole, even if a signal arrives meanwhile.
    private func write(_ product: Product) throws {
        try Interruption.postponed {
            if let code = product.code {
                try AtomicFile.writeFolder(code.files, to: options.output)
            } else {
                try AtomicFile.write(product.bytes, to: options.output)
            }
        }
    }

    private typealias RoundedForm = (network: RoundedNetwork, calibration: Calibration)

    /// Returns the network with rounded activations and its calibration, which comes from a packed
    /// file or from the training split of the data.
    private func roundedForm(_ source: NetworkSource, _ set: ShardSet?) throws -> RoundedForm? {
        guard options.format != .floatONNX else { return nil }
        guard let calibration = try calibration(source, set) else { return nil }
        if options.format == .qonnx {
            let network = try QuantizedNetwork(source.deployed, calibration: calibration)
            return (.quantized(network), calibration)
        }
        let network = try FixedNetwork(
            source.deployed, calibration: calibration,
            digits: options.digits ?? source.fixed?.digits ?? 4, lastLayer: lastLayer(source))
        return (.fixed(network), calibration)
    }

    private func lastLayer(_ source: NetworkSource) -> LastLayer {
        options.lastLayer ?? source.fixed?.lastLayer ?? .float
    }

    private func calibration(_ source: NetworkSource, _ set: ShardSet?) throws -> Calibration? {
        guard let set else {
            if let calibration = source.calibration { return calibration }
            let isInteger = lastLayer(source) == .int8
            guard options.format.needsCalibration || isInteger else { return nil }
            let option =
                isInteger ? "--last-layer int8" : "--format \(options.format.rawValue)"
            throw FailureSite("export", option).usage(
                "needs images to choose the units of activations; give --data, or a packed file "
                    + "that was exported with --data")
        }
        let images = try ImageSource(set, split: .train, for: source)
        return try Calibration(
            of: source.deployed, on: images,
            count: options.calibrationCount ?? min(256, images.count), threads: options.threads)
    }

    private func bytes(_ source: NetworkSource, _ rounded: RoundedForm?) throws -> [UInt8] {
        switch (options.format, rounded?.network) {
        case (.packed, .fixed(let fixed)): return try packed(source, rounded?.calibration, fixed)
        case (.packed, _): return try packed(source, nil, nil)
        case (.floatONNX, _):
            return try FloatONNX.bytes(source.deployed, packing: options.packing)
        case (.fixedONNX, .fixed(let fixed)):
            return try FixedONNX.bytes(fixed, of: source.deployed, packing: options.packing)
        case (.qonnx, .quantized(let network)): return try QONNX.bytes(network)
        case (.c, _): preconditionFailure("a C file without its other files")
        case (.fixedONNX, _), (.qonnx, _):
            preconditionFailure("\(options.format) without calibration")
        }
    }

    private func packed(
        _ source: NetworkSource, _ calibration: Calibration?, _ fixed: FixedNetwork?
    ) throws -> [UInt8] {
        try PackedFile.bytes(
            of: source.deployed, calibration: calibration, digits: fixed?.digits ?? 4,
            lastLayer: fixed?.lastLayer ?? .float, origin: source.metadata)
    }
}
