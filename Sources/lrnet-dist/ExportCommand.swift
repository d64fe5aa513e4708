import ArgumentParser
import Foundation
package import LRNetDeployment
import LRNetSupport

extension ExportFormat: ExpressibleByArgument {}
extension ONNXPacking: ExpressibleByArgument {}

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a finished network in a form that runs elsewhere.",
        discussion: """
              lrnet-dist export runs/t --format packed --data data/mnist \\
                --output mnist.lrnet.safetensors
              lrnet-dist export runs/t --format float-onnx --output mnist.onnx
              lrnet-dist export runs/t --format fixed-onnx --data data/mnist \\
                --output mnist-fixed.onnx
            Before the file gets its name, its bytes are read again and computed on pictures of --data.
            """)

    @Argument(
        help: ArgumentHelp(
            "A run's folder, a winner's file or a packed file.", valueName: "run-or-file"))
    var source: String

    @Option(help: "packed, float-onnx or fixed-onnx.")
    var format: ExportFormat

    @Option(help: "The file to write.")
    var output: String

    @Option(help: "The data set's folder, to choose units of activations and to verify.")
    var data: String?

    @Option(help: "Training pictures that the units of activations come from; 256 by default.")
    var calibrate: Int?

    @Option(
        help: "Signed powers of two in a factor of fixed point, 1 to 16; 4, or a packed file's.")
    var digits: Int?

    @Option(help: "Validation pictures that the written network is verified on; 200 by default.")
    var verify: Int?

    @Option(help: "ONNX: how weights are stored; trits or bits by default.")
    var packing: ONNXPacking?

    @Option(help: "Threads.")
    var threads = 1

    @Flag(help: "Replace a file that exists.")
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
        if format == .packed && packing != nil {
            throw ValidationError("--packing is for ONNX; packed files always have the smallest")
        }
        for (name, isGiven) in [("--calibrate", calibrate != nil), ("--verify", verify != nil)]
        where isGiven && data == nil {
            throw ValidationError("\(name) requires --data")
        }
        for (name, isGiven) in [("--calibrate", calibrate != nil), ("--digits", digits != nil)]
        where isGiven && format == .floatONNX {
            throw ValidationError("\(name) is for fixed point; float-onnx has real activations")
        }
    }

    func run() throws {
        var options = Export.Options(source: source, format: format, output: output)
        options.data = data
        options.calibrationCount = calibrate
        options.digits = digits
        options.verificationCount = verify
        options.packing = packing
        options.threads = threads
        options.isForced = force
        options.isDry = dryRun
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
