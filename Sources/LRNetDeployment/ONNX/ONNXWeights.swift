internal import LRNetSupport

/// The weights of a graph: constants that a reader computes once, when it loads the file.
extension ONNXGraph {
    /// The values and type of discrete weights in a graph.
    enum Levels {
        /// `-minus`, 0 and 1.
        case float(minus: Float)
        /// -1, 0 and 1.
        case int8, int32

        var type: TensorProto.ElementType {
            switch self {
            case .float: .float
            case .int8: .int8
            case .int32: .int32
            }
        }
    }

    /// Reorders weights from `[outputs][pixels][channels]` to `[outputs][channels][pixels]`.
    static func channelFirst<Value>(_ values: [Value], fanIn: Int, channels: Int) -> [Value] {
        let pixels = fanIn / channels
        return values.indices.map { index in
            let (output, place) = index.quotientAndRemainder(dividingBy: fanIn)
            return values[output * fanIn + place % pixels * channels + place / pixels]
        }
    }

    /// Adds discrete weights.
    ///
    /// - Parameters:
    ///   - codes: Values of -1, 0 and +1 in the order of `sizes`.
    /// - Throws: `Failure` (78) for weights of 0 with ``ONNXPacking/bits``.
    mutating func weights(
        _ name: String, _ codes: [Int8], sizes: [Int], as levels: Levels
    ) throws -> String {
        let packing = packing ?? .smallest(for: codes)
        if packing == .bits, codes.contains(0) {
            throw FailureSite(format, name).badRecipe(
                "bits cannot store zeros; choose --packing trits or int2")
        }
        let bytes = packing.bytes(codes)
        switch packing {
        case .trits, .bits:
            let packed = constant(TensorProto("\(name).weight", [bytes.count], bytes))
            let indices = cast(packed, to: .int32, "\(name).bytes")
            let table = table(packing, levels, layer: name)
            return unpacked(
                name, gather(table, indices, "\(name).rows"), sizes: sizes,
                isWhole: bytes.count * packing.weightsPerByte == codes.count)
        case .int2, .int8:
            let stored = constant(
                TensorProto(
                    "\(name).weight", packing == .int2 ? .int2 : .int8, sizes, data: bytes))
            switch levels {
            case .float(let minus) where minus != 1:
                // An index of -1 selects the last value.
                let indices = cast(stored, to: .int32, "\(name).indices")
                let table = constant(TensorProto("\(name).table", [3], [0, 1, -minus]))
                return gather(table, indices, "\(name).values")
            case .int8 where packing == .int8: return stored
            case .float, .int8, .int32: return cast(stored, to: levels.type, "\(name).values")
            }
        }
    }

    private mutating func gather(_ table: String, _ indices: String, _ name: String) -> String {
        add("Gather", name, [table, indices], [AttributeProto("axis", .integer(0))])
    }

    /// Adds the table of the weights of each byte. Layers with equal tables share one.
    private mutating func table(
        _ packing: ONNXPacking, _ levels: Levels, layer: String
    ) -> String {
        let codes = packing.table
        let sizes = [codes.count / packing.weightsPerByte, packing.weightsPerByte]
        switch levels {
        case .float(let minus):
            return constant(
                TensorProto(
                    minus == 1 ? "\(packing.rawValue).float" : "\(layer).table", sizes,
                    codes.map { $0 < 0 ? -minus : Float($0) }))
        case .int8: return constant(TensorProto("\(packing.rawValue).int8", sizes, codes))
        case .int32:
            return constant(
                TensorProto("\(packing.rawValue).int32", sizes, codes.map { Int32($0) }))
        }
    }

    /// Reshapes rows of a table to a tensor and drops the padding of the last row.
    private mutating func unpacked(
        _ name: String, _ rows: String, sizes: [Int], isWhole: Bool
    ) -> String {
        var values = rows
        if !isWhole {
            let count = sizes.reduce(1, *)
            values = reshape(values, to: [-1], "\(name).filled")
            values = add(
                "Slice", "\(name).list",
                [
                    values, constant(TensorProto("\(name).start", [0])),
                    constant(TensorProto("\(name).end", [count])),
                    constant(TensorProto("\(name).axis", [0])),
                    constant(TensorProto("\(name).step", [1])),
                ])
        }
        return reshape(values, to: sizes, "\(name).values")
    }

    /// Multiplies weights by one number per output, unless all numbers are 1.
    mutating func scaled(
        _ name: String, _ weights: String, by scale: [Float], sizes: [Int]
    ) -> String {
        guard scale.contains(where: { $0 != 1 }) else { return weights }
        let factors = constant(TensorProto("\(name).scale", Self.rows(sizes), scale))
        return add("Mul", "\(name).scaled", [weights, factors])
    }

    /// Returns the sizes of a constant with one number per output, which broadcasts over weights.
    static func rows(_ sizes: [Int]) -> [Int] {
        [sizes[0]] + sizes.dropFirst().map { _ in 1 }
    }
}
