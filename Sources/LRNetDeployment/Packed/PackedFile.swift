internal import Foundation
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// A deployed network as a safetensors file whose discrete weights occupy 1.6 bits (ternary) or 1
/// bit (binary).
///
/// | tensor | type | content |
/// |---|---|---|
/// | `conv1.weight` | uint8 `[bytes]`, or float32 `[O, H, W, I]` | weights in the order `[outputs][row][column][input]` (``WeightPacking``) |
/// | `conv1.scale`, `.shift` | float32 `[outputs]` | batch norm, bias and scales, folded |
/// | `conv1.negativeFactor` | float32 `[outputs]` | magnitude of a weight of -1, if not 1 (TTQ) |
/// | `conv1.bias`, `.factor`, `.top` | int32 `[outputs]` | ``Requantization``, if calibrated |
/// | `output.bias` | int32 `[classes]` | ``IntegerOutput``, if `lastLayer` is `int8` |
///
/// If `acc + bias` is at least `top`, the result is clipped. A batch norm that follows no product
/// has `scale` and `shift` under its own name.
package struct PackedFile: Sendable {
    package let network: DeployedNetwork

    /// `nil` for a file that was not calibrated.
    package let fixed: FixedNetwork?

    /// The calibration that determines the units of ``fixed``.
    package let calibration: Calibration?

    /// The recipe that builds the network.
    package let recipe: Recipe

    package let metadata: [String: String]

    package static let format = "lrnet-dist packed 1"

    // MARK: Writing

    /// Encodes a network.
    ///
    /// - Parameters:
    ///   - calibration: The calibration for fixed point; `nil` for none.
    ///   - origin: The metadata of the winner. The file keeps some entries, such as the step, the
    ///     draw and the validation error.
    package static func bytes(
        of network: DeployedNetwork, calibration: Calibration?, digits: Int,
        lastLayer: LastLayer = .float, origin: [String: String]
    ) throws -> [UInt8] {
        var file = SafeTensors()
        let keys = [
            "weights", "activations", "network", "step", "draw", "selection", "validationError",
            "recipe",
            "data", "loss", "batchNormEpsilon",
        ]
        file.metadata = origin.filter { keys.contains($0.key) }
        file.metadata.merge(try network.description.metadata) { $1 }
        file.metadata["format"] = format
        file.metadata[SelfHash.key] = SelfHash.empty
        file.metadata["source"] = network.source
        var shapes: [String: Shape] = [:]
        for (product, affine) in network.pairs {
            if let product {
                shapes[product.name] = Shape(product)
                add(product, to: &file)
            }
            if let affine {
                let name = product?.name ?? affine.name
                file.add(
                    "\(name).scale", type: .float32, shape: [affine.scale.count],
                    values: affine.scale)
                file.add(
                    "\(name).shift", type: .float32, shape: [affine.shift.count],
                    values: affine.shift)
            }
        }
        file.metadata["shapes"] = try json(shapes)
        if let calibration {
            let fixed = try FixedNetwork(
                network, calibration: calibration, digits: digits, lastLayer: lastLayer)
            file.metadata["calibration"] = try json(calibration.maxima)
            file.metadata["digits"] = "\(digits)"
            file.metadata["units"] = try json(units(fixed))
            for layer in fixed.layers { add(layer, to: &file) }
            if let integer = fixed.output.integer {
                file.metadata["lastLayer"] = lastLayer.rawValue
                file.add(
                    "\(fixed.output.name).bias", shape: [integer.bias.count],
                    integers: integer.bias)
            }
        }
        return SelfHash.filled(try file.bytes())
    }

    /// The shape and values that a reader needs to unpack a tensor.
    private struct Shape: Codable, Equatable {
        var shape: [Int]
        var values: String

        init(_ product: DeployedProduct) {
            let geometry = product.geometry
            shape = [
                product.outputs, geometry.window, geometry.window, geometry.input.channels,
            ]
            values =
                switch product.weights.values {
                case .signs: "binary"
                case .trits: "ternary"
                case .reals: "real"
                }
        }
    }

    private static func add(_ product: DeployedProduct, to file: inout SafeTensors) {
        let name = "\(product.name).weight"
        switch product.weights.values {
        case .signs(let values):
            let bytes = WeightPacking.bits.pack(values)
            file.add(name, shape: [bytes.count], bytes: bytes)
        case .trits(let values):
            let bytes = WeightPacking.trits.pack(values)
            file.add(name, shape: [bytes.count], bytes: bytes)
        case .reals(let values):
            file.add(name, type: .float32, shape: Shape(product).shape, values: values)
        }
        let factors = product.weights.negativeFactor
        if !factors.isEmpty {
            file.add(
                "\(product.name).negativeFactor", type: .float32, shape: [factors.count],
                values: factors)
        }
    }

    private static func add(_ layer: FixedLayer, to file: inout SafeTensors) {
        let rule = layer.requantization
        for (part, values) in [
            ("bias", rule.bias), ("factor", rule.factor), ("top", rule.tops),
        ] {
            file.add("\(layer.name).\(part)", shape: [values.count], integers: values)
        }
    }

    private static func units(_ fixed: FixedNetwork) -> [String: Double] {
        var units = ["input": fixed.input.unit]
        for layer in fixed.layers { units[layer.name] = layer.requantization.unit }
        if let integer = fixed.output.integer { units[fixed.output.name] = integer.unit }
        return units
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    // MARK: Reading

    /// Returns true if the file's metadata declares the packed format.
    package static func isPacked(_ file: SafeTensors) -> Bool {
        file.metadata["format"]?.hasPrefix("lrnet-dist packed ") ?? false
    }

    /// Reads a file and checks the hash that covers all its bytes.
    ///
    /// - Throws: `Failure` (65) naming the file and the tensor.
    package init(bytes: [UInt8], path: String) throws {
        let site = FailureSite("network", path)
        let file = try SafeTensors(bytes: bytes, file: path)
        metadata = file.metadata
        guard metadata["format"] == Self.format else {
            throw site.badData(
                "has format '\(metadata["format"] ?? "")'; this version reads '\(Self.format)'")
        }
        try SelfHash.check(bytes, metadata, site: site)
        let unpacked = try UnpackedNetwork(file, path: path)
        network = unpacked.network
        recipe = unpacked.recipe
        let shapes = Dictionary(
            uniqueKeysWithValues: network.products.map { ($0.name, Shape($0)) })
        guard
            let written = metadata["shapes"].flatMap({
                try? JSONDecoder().decode([String: Shape].self, from: Data($0.utf8))
            }), written == shapes
        else { throw site.badData("shapes do not match its architecture") }
        guard let text = metadata["calibration"] else {
            fixed = nil
            calibration = nil
            return
        }
        guard let digits = metadata["digits"].flatMap({ Int($0) }),
            FactorDigits.range.contains(digits),
            let lastLayer = LastLayer(rawValue: metadata["lastLayer"] ?? LastLayer.float.rawValue),
            let maxima = try? JSONDecoder().decode([String: Float].self, from: Data(text.utf8))
        else { throw site.badData("this version cannot read its calibration: \(text)") }
        let calibration = Calibration(maxima: maxima)
        let rebuilt = try FixedNetwork(
            network, calibration: calibration, digits: digits, lastLayer: lastLayer)
        for layer in rebuilt.layers {
            let rule = layer.requantization
            for (part, values) in [
                ("bias", rule.bias), ("factor", rule.factor), ("top", rule.tops),
            ]
            where file.tensors["\(layer.name).\(part)"]?.integers != values {
                throw site.badData("\(layer.name).\(part) does not match its calibration")
            }
        }
        let output = "\(rebuilt.output.name).bias"
        guard file.tensors[output]?.integers == rebuilt.output.integer?.bias else {
            throw site.badData("\(output) does not match its calibration")
        }
        fixed = rebuilt
        self.calibration = calibration
    }
}
