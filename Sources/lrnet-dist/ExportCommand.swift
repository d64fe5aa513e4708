import ArgumentParser
import Foundation
package import LRNetDeployment
import LRNetSupport

extension ExportFormat: ExpressibleByArgument {}
extension ONNXPacking: ExpressibleByArgument {}
extension LastLayer: ExpressibleByArgument {}

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Export a finished network to a format that runs elsewhere.",
        discussion: """
              lrnet-dist export runs/t --format packed --data data/mnist \\
                --output mnist.lrnet.safetensors
              lrnet-dist export runs/t --format float-onnx --output mnist.onnx
              lrnet-dist export runs/t --format fixed-onnx --data data/mnist \\
                --output mnist-fixed.onnx
              lrnet-dist export runs/t --format c --data data/mnist --output mnist-c
              lrnet-dist export runs/t --format c --data data/mnist --output digits-c \\
                --last-layer int8 --prefix digits
              lrnet-dist export runs/t --format qonnx --data data/mnist \\
                --output mnist-qonnx.onnx
            With --data, the written bytes are read back and run on its images before the file \
            gets its name.
            """)

    @Argument(
        help: ArgumentHelp(
            "Run folder, winner file or packed file.", valueName: "run-or-file"))
    var source: String

    @Option(help: "Format to write: packed, float-onnx, fixed-onnx, c or qonnx.")
    var format: ExportFormat

    @Option(help: "File to write; a folder for c.")
    var output: String

    @Option(help: "Data set folder, to choose the units of activations and to verify the network.")
    var data: String?

    @Option(help: "Training images used to choose the units of activations; by default, 256.")
    var calibrate: Int?

    @Option(
        help: """
            Signed powers of two in each fixed-point factor, 1 to 16; by default, a packed file's \
            number, otherwise 4.
            """)
    var digits: Int?

    @Option(help: "Validation images (or test images) to verify the file on; by default, 200.")
    var verify: Int?

    @Option(help: "Storage of weights in float-onnx, fixed-onnx and c; by default, trits or bits.")
    var packing: ONNXPacking?

    @Option(
        help: """
            Arithmetic of the last layer in fixed point: float, or int8 for integer weights and \
            scores; by default, a packed file's choice, otherwise float.
            """)
    var lastLayer: LastLayer?

    @Option(help: "Start of all names in C, so that a program can contain several networks.")
    var prefix: String?

    @Option(help: "Threads to use.")
    var threads = 1

    @Flag(help: "Replace an existing file or folder.")
    var force = false

    @Flag(help: "Print the table and write nothing.")
    var dryRun = false

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func validate() throws {
        try checkRange("--calibrate", calibrate, 1...1_000_000_000)
        try checkRange("--digits", digits, 1...16)
        try checkRange("--verify", verify, 1...1_000_000_000)
        try checkRange("--threads", threads, 1...1024)
        if format == .packed || format == .qonnx, packing != nil {
            throw ValidationError(
                "--packing is for float-onnx, fixed-onnx and c; omit it for --format "
                    + format.rawValue)
        }
        if format == .qonnx, digits != nil {
            throw ValidationError("--digits is for fixed point; omit it for --format qonnx")
        }
        if format == .c && packing == .int8 {
            throw ValidationError("--packing int8 is for ONNX files; use trits, int2 or bits")
        }
        for (name, isGiven) in [("--calibrate", calibrate != nil), ("--verify", verify != nil)]
        where isGiven && data == nil {
            throw ValidationError("\(name) requires --data")
        }
        if prefix != nil && format != .c {
            throw ValidationError(
                "--prefix is for C files; omit it for --format \(format.rawValue)")
        }
        for (name, isGiven) in [
            ("--calibrate", calibrate != nil), ("--digits", digits != nil),
            ("--last-layer", lastLayer != nil),
        ]
        where isGiven && format == .floatONNX {
            throw ValidationError("\(name) is for fixed point; omit it for --format float-onnx")
        }
    }

    func run() throws {
        var options = Export.Options(source: source, format: format, output: output)
        options.data = data
        options.calibrationCount = calibrate
        options.digits = digits
        options.verificationCount = verify
        options.packing = packing
        options.lastLayer = lastLayer
        if let prefix { options.names = try CNames(prefix: prefix) }
        options.threads = threads
        options.isForced = force
        options.isDry = dryRun
        try Interruption.start()
        let report = try Export(options).run()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try Console.print(String(decoding: encoder.encode(report), as: UTF8.self))
        } else {
            Console.show(report.text, terminator: "")
            if dryRun { Console.show("dry run: nothing was written") }
        }
    }
}
