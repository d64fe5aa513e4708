internal import Foundation
internal import LRNetSupport

/// The last layer of a C file: its constants, and the statements that compute the scores.
struct COutput {
    private let output: FixedOutput
    private let packing: CPacking
    private let names: CNames

    private(set) var constants = CText()
    /// The number of bytes of the constants.
    private(set) var constantCount = 0
    private(set) var statements = ""
    /// True if the weights are read from packed bytes.
    private(set) var isPacked = false
    /// True if packed weights have magnitudes.
    private(set) var hasMagnitudes = false

    /// - Throws: `Failure` (78) if weights of 0 do not fit the packing.
    init(_ output: FixedOutput, packing: CPacking, names: CNames) throws {
        self.output = output
        self.packing = packing
        self.names = names
        switch (output.integer, output.integer?.rows) {
        case (let integer?, let rows?): try add(integer, rows)
        case (let integer?, nil): add(integer)
        case (nil, _) where output.isDiscrete: try addDiscrete()
        case (nil, _): addReals()
        }
    }

    /// Returns true if bits can store the weights.
    static func fitsBits(_ output: FixedOutput) -> Bool {
        if let integer = output.integer { return integer.rows?.codes.contains(0) != true }
        return !(output.isDiscrete && output.weights.contains(0))
    }

    private mutating func describe(_ kind: String) {
        constants.comment(
            "\(output.name): \(output.inputs) features to \(output.classes) scores; "
                + "\(TextTable.grouped(output.weights.count)) \(kind).")
    }

    private mutating func describe(_ codes: [Int8]) {
        let zeros = 100 * Double(codes.count { $0 == 0 }) / Double(max(codes.count, 1))
        describe(String(format: "weights, %.1f%% zeros", zeros))
    }

    private mutating func bytes(_ name: String, _ values: [UInt8]) {
        constants.array("uint8_t", "output_\(name)", [values.count], values)
        constantCount += values.count
    }

    private mutating func words(_ name: String, _ values: [Int32]) {
        constants.array("int32_t", "output_\(name)", [values.count], values)
        constantCount += 4 * values.count
    }

    private mutating func numbers(_ name: String, _ values: [Float]) {
        constants.array("output_\(name)", [values.count], values)
        constantCount += 4 * values.count
    }

    private mutating func pack(_ codes: [Int8]) throws {
        guard packing != .bits || !codes.contains(0) else { throw CWeights.refusal(output.name) }
        bytes("weights", packing.rows(codes, count: output.classes))
        isPacked = true
    }

    // MARK: Integer scores

    private mutating func add(_ integer: IntegerOutput) {
        describe("weights of 8 bits")
        constants.array("int8_t", "output_weights", [integer.weights.count], integer.weights)
        constantCount += integer.weights.count
        words("bias", integer.bias)
        statements = """
                const int8_t *weight = output_weights;
                for (label = 0; label < \(names.macro)_CLASSES; label++) {
                    int32_t sum = output_bias[label];
                    for (i = 0; i < \(names.macro)_FEATURES; i++) {
                        sum += *weight++ * features[i];
                    }
                    scores[label] = sum;
                }
            """
    }

    private mutating func add(_ integer: IntegerOutput, _ rows: DiscreteRows) throws {
        describe(rows.codes)
        try pack(rows.codes)
        bytes("plus", rows.plus.map { UInt8($0) })
        bytes("minus", rows.minus.map { UInt8($0) })
        words("bias", integer.bias)
        hasMagnitudes = true
        statements = """
                struct reader reader;
                reader.next = output_weights;
                for (label = 0; label < \(names.macro)_CLASSES; label++) {
                    int32_t plus = 0, minus = 0;
                    reader.left = 0;
                    for (i = 0; i < \(names.macro)_FEATURES; i++) {
                        const int32_t weight = next_weight(&reader);
                        if (weight > 0) {
                            plus += features[i];
                        } else if (weight < 0) {
                            minus += features[i];
                        }
                    }
                    scores[label] = times(plus, output_plus[label])
                                    - times(minus, output_minus[label]) + output_bias[label];
                }
            """
    }

    // MARK: Real scores

    private mutating func addReals() {
        describe("real weights")
        constants.array("output_weights", [output.classes, output.inputs], output.weights)
        constantCount += 4 * output.weights.count
        numbers("bias", output.bias)
        let value =
            output.zeroPoint == 0
            ? "features[i]" : "((int32_t)features[i] - \(output.zeroPoint))"
        statements = """
                for (label = 0; label < \(names.macro)_CLASSES; label++) {
                    double sum = 0;
                    for (i = 0; i < \(names.macro)_FEATURES; i++) {
                        sum += (double)output_weights[label][i] * (double)\(value);
                    }
                    scores[label] = (float)(sum + (double)output_bias[label]);
                }
            """
    }

    private mutating func addDiscrete() throws {
        let codes = output.weights.map { Int8($0) }
        describe(codes)
        try pack(codes)
        words(
            "offset",
            (0..<output.classes).map { label in
                codes[label * output.inputs..<(label + 1) * output.inputs].reduce(Int32(0)) {
                    $0 - Int32($1) * output.zeroPoint
                }
            })
        numbers("scale", output.scale)
        numbers("bias", output.bias)
        statements = """
                struct reader reader;
                reader.next = output_weights;
                for (label = 0; label < \(names.macro)_CLASSES; label++) {
                    int32_t sum = output_offset[label];
                    reader.left = 0;
                    for (i = 0; i < \(names.macro)_FEATURES; i++) {
                        const int32_t weight = next_weight(&reader);
                        if (weight > 0) {
                            sum += features[i];
                        } else if (weight < 0) {
                            sum -= features[i];
                        }
                    }
                    scores[label] = (float)((double)output_scale[label] * (double)sum
                                            + (double)output_bias[label]);
                }
            """
    }
}
