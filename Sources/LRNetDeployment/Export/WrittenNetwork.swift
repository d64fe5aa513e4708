internal import LRNetKernels
internal import LRNetSupport

/// An exported network, read back from its bytes and evaluated.
package struct WrittenNetwork: Sendable {
    private enum Content: Sendable {
        case packed(
            DeployedNetwork, FloatEngine.Weights, (FixedNetwork, FixedEngine.Weights)?)
        case floatONNX(ONNXInterpreter)
        case fixedONNX(ONNXInterpreter, FixedOutput)
        case qonnx(ONNXInterpreter)
        /// `nil` if there is no C compiler.
        case c(CProgram?, FixedOutput)
    }

    private let content: Content

    /// Reads the bytes of an exported file.
    ///
    /// - Parameter output: The last layer of the fixed-point network, if there is one.
    /// - Throws: `Failure` (70) if it cannot be read.
    package init(_ bytes: [UInt8], format: ExportFormat, output: FixedOutput? = nil) throws {
        content = try Self.reading {
            switch format {
            case .packed:
                let file = try PackedFile(bytes: bytes, path: "the packed file")
                return .packed(
                    file.network, FloatEngine.Weights(file.network),
                    file.fixed.map { ($0, FixedEngine.Weights($0)) })
            case .floatONNX: return .floatONNX(try ONNXInterpreter(bytes: bytes))
            case .fixedONNX:
                guard let output else { preconditionFailure("fixed-onnx without calibration") }
                return .fixedONNX(try ONNXInterpreter(bytes: bytes), output)
            case .qonnx: return .qonnx(try ONNXInterpreter(bytes: bytes))
            case .c: preconditionFailure("a C file without its other files")
            }
        }
    }

    /// Compiles the files of a C export.
    ///
    /// - Throws: `Failure` (70) if they do not compile or fail their own test.
    init(_ code: CExport, output: FixedOutput) throws {
        content = .c(try CProgram(code), output)
    }

    /// True if the file can be evaluated here.
    var isRunnable: Bool {
        if case .c(nil, _) = content { false } else { true }
    }

    /// True if the file computes real activations.
    var hasScores: Bool {
        switch content {
        case .packed, .floatONNX: true
        case .fixedONNX, .qonnx, .c: false
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
            return try Self.scores(graph, input)
        case .fixedONNX, .qonnx, .c:
            preconditionFailure("real activations of a file with rounded ones")
        }
    }

    /// Runs a compiled program on images.
    ///
    /// - Returns: `nil` for other formats, which ``rounded(_:_:)`` evaluates.
    /// - Throws: `Failure` (70) if the program fails.
    func programResults(_ pictures: [[UInt8]]) throws -> [FixedEngine.Result]? {
        guard case .c(let program?, let output) = content else { return nil }
        return try program.run(pictures, output)
    }

    /// Returns the results with rounded activations for an image, which is given standardized and
    /// as pixels.
    ///
    /// - Precondition: ``isRunnable``, and not a compiled program.
    /// - Throws: `Failure` (70) if the file has only real activations or cannot be evaluated.
    func rounded(_ input: FloatView, _ pixels: [UInt8]) throws -> FixedEngine.Result {
        switch content {
        case .packed(_, _, let fixed?):
            let engine = FixedEngine(fixed.0, weights: fixed.1)
            return engine.run(engine.input(pixels))
        case .packed, .floatONNX, .c:
            throw FailureSite("export", "the written network").failure(
                .internalError, "has no fixed-point form; nothing was written")
        case .qonnx(let graph):
            return FixedEngine.Result(scores: try Self.scores(graph, input), features: [])
        case .fixedONNX(let graph, let output):
            return try Self.reading {
                let outputs = try graph.run(pixels.map { Float($0) })
                let scores = try Self.values(outputs["scores"])
                let features = try Self.values(outputs["features"]).compactMap(
                    Int32.init(exactly:))
                guard let integer = output.integer else {
                    return FixedEngine.Result(
                        scores: scores.map { Float($0) }, features: features)
                }
                return FixedEngine.Result(
                    scores.compactMap(Int32.init(exactly:)), of: integer, features: features)
            }
        }
    }

    private static func scores(_ graph: ONNXInterpreter, _ input: FloatView) throws -> [Float] {
        try reading { try values(graph.run(input.values)["scores"]).map { Float($0) } }
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
