internal import LRNetSupport

/// The storage of the discrete weights of a C file. The first weight of a byte is the most
/// significant.
enum CPacking: String {
    /// Five weights per byte: the sum of `digit[i] * 3^(4 - i)`, where `digit = weight + 1`.
    case trits
    /// Four weights per byte, two bits each: `weight + 1`.
    case int2
    /// Eight weights per byte. A bit of 1 is +1 and a bit of 0 is -1.
    case bits

    /// The number of values of a digit, counting unused ones.
    var radix: Int {
        switch self {
        case .trits: 3
        case .int2: 4
        case .bits: 2
        }
    }

    var weightsPerByte: Int {
        switch self {
        case .trits: 5
        case .int2: 4
        case .bits: 8
        }
    }

    /// The number of possible bytes.
    var byteCount: Int { self == .trits ? 243 : 256 }

    /// Packs rows of weights; each row starts at a byte and is padded with 0, or with -1 for bits.
    ///
    /// - Precondition: With ``bits``, no weight is 0.
    func rows(_ codes: [Int8], count: Int) -> [UInt8] {
        let length = codes.count / count
        var result: [UInt8] = []
        result.reserveCapacity(count * (length / weightsPerByte + 1))
        for row in 0..<count {
            for first in stride(from: 0, to: length, by: weightsPerByte) {
                result.append(byte(codes, row * length, first, length))
            }
        }
        return result
    }

    /// Packs the same bytes as ``rows(_:count:)`` in the order `[byte][row]`.
    func columns(_ codes: [Int8], count: Int) -> [UInt8] {
        let length = codes.count / count
        var result: [UInt8] = []
        result.reserveCapacity(count * (length / weightsPerByte + 1))
        for first in stride(from: 0, to: length, by: weightsPerByte) {
            for row in 0..<count { result.append(byte(codes, row * length, first, length)) }
        }
        return result
    }

    private func byte(_ codes: [Int8], _ start: Int, _ first: Int, _ length: Int) -> UInt8 {
        var sum = 0
        for index in first..<first + weightsPerByte {
            let code = index < length ? codes[start + index] : self == .bits ? -1 : 0
            let digit = self == .bits ? (code > 0 ? 1 : 0) : Int(code) + 1
            sum = sum * radix + digit
        }
        return UInt8(sum)
    }
}
