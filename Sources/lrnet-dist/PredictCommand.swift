import ArgumentParser
import Foundation
import LRNetData
package import LRNetDeployment
import LRNetSupport
import LRNetTraining

extension Arithmetic: ExpressibleByArgument {}

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Classify images with a finished network.",
        discussion: """
              lrnet-dist predict mnist.lrnet.safetensors seven.png three.png
              lrnet-dist predict runs/t --data data/mnist --split test --arithmetic fixed
            """)

    @Argument(
        help: ArgumentHelp(
            "Run folder, winner file or packed file.", valueName: "run-or-file"))
    var source: String

    @Argument(
        help: ArgumentHelp("JPEG or PNG files, or folders of them.", valueName: "image"))
    var images: [String] = []

    @Option(help: "Data set folder, made by lrnet-data.")
    var data: String?

    @Option(help: "Split of --data to classify: train, validation or test.")
    var split: DataSplit?

    @Option(
        help: "Arithmetic: float, packed (real activations, packed weights) or fixed (integers).")
    var arithmetic = Arithmetic.float

    @Option(help: "Classes to show for each image.")
    var top = 1

    @Option(help: "NumPy file to write all scores to, one row per image.")
    var scores: String?

    @Option(help: "NumPy file to write the last layer's input to, one row per image.")
    var features: String?

    @Flag(help: "Resize images that do not have the network's input size.")
    var resize = false

    @Flag(help: "Print the time per image.")
    var time = false

    @Option(help: "Threads to use.")
    var threads = 1

    @Flag(help: "Print JSON, one object per image, instead of a table.")
    var json = false

    func validate() throws {
        if images.isEmpty && split == nil {
            throw ValidationError("give images, or --data and --split")
        }
        if !images.isEmpty && split != nil {
            throw ValidationError("give images or --split, not both")
        }
        if resize && split != nil {
            throw ValidationError("--resize is for image files; omit it with --split")
        }
        if data != nil && split == nil && arithmetic != .fixed {
            throw ValidationError("--data requires --split, or --arithmetic fixed")
        }
        if split != nil && data == nil { throw ValidationError("--split requires --data") }
        if features != nil && arithmetic == .float {
            throw ValidationError("--features requires --arithmetic packed or fixed")
        }
        try checkRange("--top", top, 1...1_000_000)
        try checkRange("--threads", threads, 1...1024)
        if time && json {
            throw ValidationError("--time cannot be combined with --json; use one of them")
        }
    }

    func run() throws {
        let network = try NetworkSource(source)
        for (option, path) in [("--scores", scores), ("--features", features)] {
            guard let path else { continue }
            try OutputPath(option, path).check()
            try OutputPath(option, path).check(isNot: network.path)
            if option == "--features", let scores {
                try OutputPath(option, path).check(isNot: scores)
            }
        }
        let set = try data.map { try ShardSet(directory: $0) }
        let predictor = try Predictor(
            network, arithmetic: arithmetic, set: set, threads: threads)
        let start = ContinuousClock.now
        var all: [Prediction] = []
        if let set, let split {
            try predictor.predict(set, split: split) { all += $0 }
        } else {
            all = try predictor.predict(files: try files(), isResized: resize)
        }
        let seconds = (ContinuousClock.now - start).seconds
        if let scores {
            try AtomicFile.write(
                NPYFile.bytes(
                    all.flatMap(\.scores), columns: network.deployed.description.classes),
                to: scores)
        }
        if let features { try writeFeatures(all, to: features) }
        if json {
            try printJSON(all, network)
        } else if split == nil {
            try Console.print(table(all, network).text, terminator: "")
        }
        if !json, let summary = summary(all) { try Console.print(summary) }
        if time {
            try Console.print(
                String(format: "%.3f ms per image", 1000 * seconds / Double(max(all.count, 1))))
        }
    }

    /// Returns the files to classify, in order. A folder contributes all its files with the name
    /// of an image, and a warning lists the others.
    private func files() throws -> [String] {
        var files: [String] = []
        for image in images {
            guard FileBytes.isFolder(image) else {
                files.append(image)
                continue
            }
            let all = try FileBytes.names(inFolder: image)
            let names = all.filter { Self.isImage($0, in: image) }
            guard !names.isEmpty else {
                throw FailureSite("predict", image).inputMissing(
                    "contains no file that ends in .png, .jpg or .jpeg")
            }
            files += names.map { "\(image)/\($0)" }
            let others = all.filter { !Self.isImage($0, in: image) }
            if !others.isEmpty {
                let some =
                    others.prefix(5).joined(separator: ", ") + (others.count > 5 ? ", ..." : "")
                LRNetDist.printError(
                    "warning: \(image): skipped \(others.count) of \(all.count) entries (hidden, "
                        + "not a regular file, or without the ending .png, .jpg or .jpeg): \(some)"
                )
            }
        }
        return files
    }

    private static func isImage(_ name: String, in folder: String) -> Bool {
        let hasEnding = [".png", ".jpg", ".jpeg"].contains { name.lowercased().hasSuffix($0) }
        return hasEnding && !name.hasPrefix(".") && FileBytes.isRegular("\(folder)/\(name)")
    }

    private func writeFeatures(_ all: [Prediction], to path: String) throws {
        let columns = all.first?.features.count ?? 0
        let values = all.flatMap(\.features)
        try AtomicFile.write(
            arithmetic == .fixed
                ? NPYFile.bytes(values.map { Int32($0) }, columns: columns)
                : NPYFile.bytes(values, columns: columns), to: path)
    }

    private func table(_ all: [Prediction], _ network: NetworkSource) -> TextTable {
        let count = min(top, network.deployed.description.classes)
        var table = TextTable(["image"] + (0..<count).flatMap { _ in ["class", "share"] })
        for prediction in all {
            table.append(
                [prediction.name]
                    + prediction.top(count).flatMap {
                        [network.className($0.label), String(format: "%.1f%%", 100 * $0.share)]
                    })
        }
        return table
    }

    /// Returns a line with the error, or `nil` for image files, which have no labels.
    private func summary(_ all: [Prediction]) -> String? {
        guard let split else { return nil }
        let wrong = all.count { $0.top(1).first?.label != $0.label }
        return "\(split) split, \(arithmetic.rawValue): \(wrong)/\(all.count) wrong, error "
            + String(format: "%.2f %%", 100 * Double(wrong) / Double(max(all.count, 1)))
    }

    private struct Line: Encodable {
        struct Class: Encodable {
            var label: Int
            var name: String
            var share: Double
        }
        var picture: String
        var label: Int?
        var classes: [Class]
    }

    private func printJSON(_ all: [Prediction], _ network: NetworkSource) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for prediction in all {
            let line = Line(
                picture: prediction.name, label: prediction.label,
                classes: prediction.top(top).map {
                    Line.Class(
                        label: $0.label, name: network.className($0.label), share: $0.share)
                })
            try Console.print(String(decoding: encoder.encode(line), as: UTF8.self))
        }
    }
}
