internal import LRNetSupport

/// A computed value of a graph.
///
/// Double represents all values of Float32 and of the integers in use. Its sums, products,
/// quotients and roots of Float32 numbers, rounded to Float32, equal those of Float32.
struct ONNXTensor: Sendable {
    let type: TensorProto.ElementType
    /// The sizes; `[N, channels, height, width]` for images.
    var sizes: [Int]
    /// The values in row-major order.
    var values: [Double]

    /// Creates a result whose values are rounded to its type.
    ///
    /// - Throws: `Failure` (65) if the number of values does not match the sizes or if an integer
    ///   is out of range.
    init(_ type: TensorProto.ElementType, _ sizes: [Int], _ values: [Double]) throws {
        let site = FailureSite("onnx", "a value of \(type)")
        guard try Self.count(sizes) == values.count else {
            throw site.badData("has \(values.count) numbers for the sizes \(sizes)")
        }
        self.type = type
        self.sizes = sizes
        switch type {
        case .double: self.values = values
        case .float: self.values = values.map { Double(Float($0)) }
        case .bool, .int2, .int8, .uint8, .int32, .int64:
            let range = type.range
            guard values.allSatisfy({ range.contains($0) }) else {
                throw site.badData("is out of range")
            }
            self.values = values
        }
    }

    /// Decodes a constant.
    ///
    /// - Throws: `Failure` (65) if the bytes do not match the sizes and the type.
    init(_ proto: TensorProto) throws {
        let data = proto.data
        let count = try Self.count(proto.sizes)
        guard data.count == (count * proto.type.bitCount + 7) / 8, proto.type != .bool else {
            throw FailureSite("onnx", proto.name).badData(
                "has \(data.count) bytes for the sizes \(proto.sizes) of \(proto.type)")
        }
        func word(_ index: Int, _ size: Int) -> UInt64 {
            (0..<size).reduce(0) { $0 | UInt64(data[index * size + $1]) << (8 * UInt64($1)) }
        }
        let values = (0..<count).map { index -> Double in
            switch proto.type {
            case .bool: 0
            case .uint8: Double(data[index])
            case .int8: Double(Int8(bitPattern: data[index]))
            // Four values per byte, the first in the lowest bits. The high bit is the sign.
            case .int2: Double(Int8(bitPattern: data[index / 4] << UInt8(6 - index % 4 * 2)) >> 6)
            case .float: Double(Float(bitPattern: UInt32(word(index, 4))))
            case .int32: Double(Int32(truncatingIfNeeded: word(index, 4)))
            case .int64: Double(Int64(truncatingIfNeeded: word(index, 8)))
            case .double: Double(bitPattern: word(index, 8))
            }
        }
        try self.init(proto.type, proto.sizes, values)
    }

    /// Returns the number of values.
    ///
    /// - Throws: `Failure` (65) if a size is not positive or the number is too large.
    static func count(_ sizes: [Int]) throws -> Int {
        try sizes.reduce(1) { count, size in
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
            guard size > 0, !isTooLarge, product < 1 << 28 else {
                throw FailureSite("onnx", "a value").badData("has the sizes \(sizes)")
            }
            return product
        }
    }

    /// The values as integers, such as sizes or axes; empty for other types than int32 and int64.
    var integers: [Int] { type == .int64 || type == .int32 ? values.map { Int($0) } : [] }

    /// The step in ``values`` from one index to the next, for each axis.
    var strides: [Int] {
        var strides = Array(repeating: 1, count: sizes.count)
        for axis in sizes.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * sizes[axis + 1]
        }
        return strides
    }

    /// Returns the values at `start + index * steps` for all indices below `sizes`; the last index
    /// varies fastest.
    func picked(_ sizes: [Int], start: Int = 0, steps: [Int]) throws -> [Double] {
        var result: [Double] = []
        result.reserveCapacity(try Self.count(sizes))
        guard let length = sizes.last, let step = steps.last else { return [values[start]] }
        var indices = Array(repeating: 0, count: sizes.count)
        var place = start
        while true {
            for index in 0..<length { result.append(values[place + index * step]) }
            var axis = sizes.count - 2
            while axis >= 0 {
                indices[axis] += 1
                place += steps[axis]
                if indices[axis] < sizes[axis] { break }
                place -= steps[axis] * sizes[axis]
                indices[axis] = 0
                axis -= 1
            }
            if axis < 0 { return result }
        }
    }
}

extension TensorProto.ElementType {
    var bitCount: Int {
        switch self {
        case .int2: 2
        case .bool, .int8, .uint8: 8
        case .float, .int32: 32
        case .double, .int64: 64
        }
    }

    /// The range of integers that both the type and Double represent; infinite for real types.
    var range: ClosedRange<Double> {
        switch self {
        case .bool: 0...1
        case .int2: -2...1
        case .int8: -128...127
        case .uint8: 0...255
        case .int32: -2_147_483_648...2_147_483_647
        case .int64: -9_007_199_254_740_992...9_007_199_254_740_992
        case .float, .double: -.infinity ... .infinity
        }
    }

    var isReal: Bool { self == .float || self == .double }
}
