internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// The summary of an export: a table of layers, sizes, and the result of the verification.
package struct ExportReport: Encodable {
    struct Layer: Encodable {
        var name: String
        var kind: String
        var weights: Int
        var zeroPercent: Double?
        var bits: Double
        var largestSum: Int?
        var unit: Double?
    }

    /// The memory that C code needs.
    struct Code: Encodable {
        /// The name of the file, such as `net.c`.
        var source: String
        var flashBytes: Int
        var memoryBytes: Int
        /// False if this machine has no C compiler.
        var isCompiled: Bool
    }

    let format: String
    let output: String
    let layers: [Layer]
    let bytes: Int
    let sha256: String
    let bitsPerWeight: Double
    let constantChannels: Int?
    let code: Code?
    /// ``CompilerObjections``; `nil` for other formats than QONNX.
    let notes: [String]?
    /// The reason that a packed file has no fixed-point numbers although images were given.
    package internal(set) var withoutFixedPoint: String?
    package internal(set) var verification: Verification?

    init(
        source: NetworkSource, rounded: RoundedNetwork?, format: ExportFormat,
        packing: ONNXPacking?, output: String, bytes: [UInt8], code: Code? = nil
    ) {
        self.format = format.rawValue
        self.output = output
        let roundedLayers = rounded?.layers ?? [:]
        let products = source.deployed.products
        // Real weights that are stored as integers.
        var fixedBytes: Set<String> = []
        if format.isFixed, let fixed = rounded?.fixed {
            fixedBytes = Set(roundedLayers.keys)
            if fixed.lastLayer == .int8 { fixedBytes.insert(fixed.output.name) }
        }
        layers = products.map { product in
            let layer = roundedLayers[product.name]
            let (kind, smallest): (String, Double) =
                switch product.weights.values {
                case .signs: ("binary", 1)
                case .trits: ("ternary", 1.6)
                case .reals: ("real", fixedBytes.contains(product.name) ? 8 : 32)
                }
            let bits: Double =
                switch packing {
                case _ where format == .qonnx: 32
                case .int8 where product.weights.isDiscrete: 8
                case .int2 where product.weights.isDiscrete: 2
                case .trits where product.weights.isDiscrete: 1.6
                default: smallest
                }
            return Layer(
                name: product.name, kind: kind, weights: product.weights.values.count,
                zeroPercent: product.weights.zeroPercent, bits: bits,
                largestSum: layer?.largestSum, unit: layer?.unit)
        }
        self.bytes = bytes.count
        sha256 = ContentHash.of(bytes)
        let count = products.map(\.weights.values.count).reduce(0, +)
        self.code = code
        bitsPerWeight =
            8 * Double(code?.flashBytes ?? bytes.count) / Double(max(count, 1))
        constantChannels = rounded?.constantChannelCount
        notes = format == .qonnx ? CompilerObjections(source.deployed).lines : nil
    }

    /// The summary as lines of text.
    package var text: String {
        var table = TextTable([
            "layer", "kind", "weights", "zeros", "bits", "largest sum", "unit",
        ])
        for layer in layers {
            table.append([
                layer.name, layer.kind, TextTable.grouped(layer.weights),
                layer.zeroPercent.map { String(format: "%.1f%%", $0) } ?? "-",
                String(format: "%.1f", layer.bits),
                layer.largestSum.map(TextTable.grouped) ?? "-",
                layer.unit.map { String(format: "%.3g", $0) } ?? "-",
            ])
        }
        var lines = [""]
        if let code {
            lines += [
                "\(output): \(TextTable.grouped(code.flashBytes)) bytes of flash for constants, "
                    + "\(TextTable.grouped(code.memoryBytes)) bytes of RAM, "
                    + String(format: "%.2f bits per weight in total", bitsPerWeight),
                "SHA-256 of \(code.source) \(sha256)",
            ]
            if !code.isCompiled { lines.append("not compiled: there is no cc on the PATH") }
        } else {
            lines += [
                "\(output): \(TextTable.grouped(bytes)) bytes, "
                    + String(format: "%.2f bits per weight in total", bitsPerWeight),
                "SHA-256 \(sha256)",
            ]
        }
        if let constantChannels, constantChannels > 0 {
            lines.append("\(constantChannels) channels are constant in fixed point")
        }
        if let withoutFixedPoint {
            lines.append("without fixed point: \(withoutFixedPoint)")
        }
        if let notes {
            lines.append(
                "weights are float32, as QONNX stores them; compilers use the bits of its quantizers"
            )
            lines += notes
        }
        lines.append(verification?.text ?? "not verified: give --data")
        return table.text + lines.joined(separator: "\n") + "\n"
    }
}

extension FixedLayer {
    /// The largest possible magnitude of a sum plus its bias.
    package var largestSum: Int {
        let fanIn = geometry.patchCount
        return (0..<outputs).map { output in
            let sum = weights[output * fanIn..<(output + 1) * fanIn].reduce(0) {
                $0 + abs(Int($1))
            }
            return Int(inputReach) * sum + abs(Int(requantization.bias[output]))
        }.max() ?? 0
    }
}
