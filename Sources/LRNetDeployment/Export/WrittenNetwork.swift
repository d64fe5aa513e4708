internal import LRNetKernels
internal import LRNetSupport

/// An exported network, read back from its bytes and evaluated.
package struct WrittenNetwork: Sendable {
    private enum Content: Sendable {
        case packed(
            DeployedNetwork, FloatEngine.Weights, (FixedNetwork, FixedEngine.Weights)?)
        case floatONNX(ONNXInterpreter)
        case fixedONNX(ONNXInterpreter)
        /// `nil` if there is no C compiler.
        case c(CProgram?, FixedOutput)
    }

    private let content: Content

    /// Reads the bytes of an exported file.
    ///
    /// - Throws: `Failure` (70) if it cannot be read.
    package init(_ bytes: [UInt8], format: ExportFormat) throws {
        content = try Self.reading {
            switch format {
            case .packed:
                let file = try PackedFile(bytes: bytes, path: "the packed file")
                return .packed(
                    file.network, FloatEngine.Weights(file.network),
                    file.fixed.map { ($0, FixedEngine.Weights($0)) })
            case .floatONNX: return .floatONNX(try ONNXInterpreter(bytes: bytes))
            case .fixedONNX: return .fixedONNX(try ONNXInterpreter(bytes: bytes))
            case .c: preconditionFailure("a C file without its other files")
            }
        }
    }

    /// Compiles the files of a C export.
    ///
    /// - Throws: `Failure` (70) if they do not compile or fail their own test.
    init(_ files: [(name: String, text: String)], output: FixedOutput) throws {
        content = .c(try CProgram(files), output)
    }

    /// True if the file can be evaluated here.
    var isRunnable: Bool {
        if case .c(nil, _) = content { false } else { true }
    }

    /// True if the file computes real activations.
    var hasScores: Bool {
        switch content {
        case .packed, .floatONNX: true
        case .fixedONNX, .c: false
        }
    }

    /// Returns the scores of an image with real activations.
    ///
    /// - Precondition: ``hasScores``
    func scores(_ input: FloatView) throws -> [Float] {
        switch content {
        case .packed(let network, let weights, _):
            return FloatEngine(network, weights: weights).run(input).scores
        case .floatONNX(let graph):
            return try Self.reading {
                try Self.values(graph.run(input.values)["scores"]).map { Float($0) }
            }
        case .fixedONNX, .c: preconditionFailure("real activations of a fixed-point file")
        }
    }

    /// Returns the fixed-point results for an image.
    ///
    /// - Precondition: ``isRunnable``
    /// - Throws: `Failure` (70) if the file has no fixed-point form or cannot be evaluated.
    func fixed(_ pixels: [UInt8]) throws -> FixedEngine.Result {
        switch content {
        case .packed(_, _, let fixed?):
            let engine = FixedEngine(fixed.0, weights: fixed.1)
            return engine.run(engine.input(pixels))
        case .c(let program?, let output): return try program.run(pixels, output)
        case .packed, .floatONNX, .c(nil, _):
            throw FailureSite("export", "the written network").failure(
                .internalError, "has no fixed-point form; nothing was written")
        case .fixedONNX(let graph):
            return try Self.reading {
                let outputs = try graph.run(pixels.map { Float($0) })
                return FixedEngine.Result(
                    scores: try Self.values(outputs["scores"]).map { Float($0) },
                    features: try Self.values(outputs["features"]).compactMap(Int32.init(exactly:)))
            }
        }
    }

    /// Returns the values of a graph's output.
    private static func values(_ output: [Double]?) throws -> [Double] {
        guard let output else {
            throw FailureSite("onnx", "scores or features").badData("is not an output")
        }
        return output
    }

    /// Converts every failure to exit code 70: an error in bytes that were just written is a bug.
    private static func reading<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let failure as Failure {
            throw FailureSite("export", "the written network").failure(
                .internalError, "\(failure); nothing was written")
        }
    }
}
