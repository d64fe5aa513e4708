import Foundation
import LRNetDeployment
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// The compilers that C exports are tested with.
enum CCompiler: String, CaseIterable {
    case gcc, clang, tcc

    /// The folders of the PATH that contain a program.
    private static func path(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    var path: String? { Self.path(rawValue) }

    /// The options that make every warning an error.
    var strict: [String] {
        self == .tcc
            ? ["-std=c99", "-Wall", "-Werror"]
            : [
                "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O2",
            ]
    }

    /// The options that check memory and undefined behavior; tcc has none.
    var sanitizers: [String] {
        self == .tcc ? [] : ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    }

    static let installed: [CCompiler] = {
        let found = allCases.filter { $0.path != nil }
        for missing in allCases where missing.path == nil {
            FileHandle.standardError.write(
                Data("SKIPPED: C exports are not compiled with \(missing.rawValue)\n".utf8))
        }
        return found
    }()

    func compile(_ arguments: [String]) throws {
        let program = try #require(path)
        let outcome = try Launch(program, arguments).wait()
        try #require(outcome.status == 0, "\(rawValue): \(outcome.errors)")
    }
}

/// The files of a C export in a folder of their own.
struct CFolder {
    let path: String
    private let prefix: String
    private let folder: TestFolder?

    init(_ export: CExport) throws {
        let folder = try TestFolder()
        self.folder = folder
        prefix = export.names.prefix
        path = folder.path
        try write(export)
    }

    /// - Parameter path: A folder that is kept.
    init(_ export: CExport, at path: String) throws {
        folder = nil
        prefix = export.names.prefix
        self.path = path
        try AtomicFile.createFolder(path)
        try write(export)
    }

    private func write(_ export: CExport) throws {
        for (name, text) in export.files { try AtomicFile.write(text, to: "\(path)/\(name)") }
    }

    /// Compiles and runs `test.c`.
    ///
    /// - Returns: What it printed.
    func test(_ compiler: CCompiler, _ options: [String]) throws -> String {
        let program = "\(path)/test-\(compiler.rawValue)"
        try compiler.compile(
            options + ["-o", program, "\(path)/\(prefix).c", "\(path)/test.c"])
        let outcome = try Launch(program, []).wait()
        return outcome.output + outcome.errors
    }
}

extension CExport {
    /// Exports a random network with its results for random images and one of one color.
    static func random(
        _ example: ONNXTests.Example, seed: UInt64 = 1, images: Int = 8, digits: Int = 4,
        prefix: String = "net"
    ) throws -> CExport {
        var random = try RandomNetwork(
            example.network, weights: example.weights, scaling: example.scaling, seed: seed)
        let fixed = try FixedNetwork(
            random.deployed, calibration: ONNXTests.calibration(&random, example.scaling),
            digits: digits, lastLayer: example.lastLayer)
        let engine = FixedEngine(fixed, weights: FixedEngine.Weights(fixed))
        var pictures = random.pictures(images - 1)
        pictures.append([UInt8](repeating: 9, count: random.input.count))
        return try CExport(
            fixed, of: random.deployed, packing: example.packing,
            names: CNames(prefix: prefix),
            vectors: pictures.map {
                CExport.Vector(pixels: $0, result: engine.run(engine.input($0)))
            })
    }
}
