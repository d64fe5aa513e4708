import LRNetSupport

/// Reads a pickle of plain values and NumPy arrays without executing anything.
///
/// A pickle is a program for a stack machine that may call any function. This reader supports only
/// the opcodes that build numbers, text, tuples, lists and dictionaries, and records three NumPy
/// names without calling them. Any other opcode or name is an error that names it.
///
/// - Source: CPython, `Lib/pickletools.py`, protocols 0 to 2, and the opcodes that protocol 4
///   writes for the same values.
struct PickleReader {
    /// The functions and classes that a pickle may name.
    static let knownGlobals: Set<String> = [
        "numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct",
        "numpy ndarray", "numpy dtype",
    ]

    /// The maximum number of tuples, lists and dictionaries: far more than any data set has, and
    /// few enough to be nested safely.
    static let containerLimit = 10_000

    private let bytes: ArraySlice<UInt8>
    private let path: String
    private var position: Int
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var containerCount = 0

    private init(_ bytes: ArraySlice<UInt8>, _ path: String) {
        self.bytes = bytes
        self.path = path
        position = bytes.startIndex
    }

    /// Reads the value of a pickle.
    ///
    /// - Parameter path: The path of the file, for errors.
    /// - Throws: ``Failure`` (65) for damage, or for an unknown opcode or name. The error contains
    ///   the position of an opcode.
    static func read(_ bytes: ArraySlice<UInt8>, path: String) throws -> PickleValue {
        var reader = PickleReader(bytes, path)
        while true {
            let opcode = try reader.byte()
            if opcode == UInt8(ascii: ".") { return try reader.pop() }
            try reader.perform(opcode)
        }
    }

    private mutating func perform(_ opcode: UInt8) throws {
        switch opcode {
        case 0x80: _ = try byte()  // PROTO
        case 0x95: _ = try number(8)  // FRAME
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.boolean(true))
        case 0x89: stack.append(.boolean(false))
        case UInt8(ascii: "J"):
            stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
        case UInt8(ascii: "K"): stack.append(.integer(try number(1)))
        case UInt8(ascii: "M"): stack.append(.integer(try number(2)))
        case UInt8(ascii: "U"), UInt8(ascii: "C"), 0x8C: stack.append(.bytes(try run(number(1))))
        case UInt8(ascii: "T"), UInt8(ascii: "B"), UInt8(ascii: "X"):
            stack.append(.bytes(try run(number(4))))
        case 0x8D, 0x8E: stack.append(.bytes(try run(number(8))))
        case UInt8(ascii: ")"): try push(.tuple([]))
        case 0x85: try push(.tuple(pop(1)))
        case 0x86: try push(.tuple(pop(2)))
        case 0x87: try push(.tuple(pop(3)))
        case UInt8(ascii: "t"): try push(.tuple(popToMark()))
        case UInt8(ascii: "]"): try push(.list(PickleValue.List()))
        case UInt8(ascii: "}"): try push(.dictionary(PickleValue.Dictionary()))
        case UInt8(ascii: "a"): try append([pop()])
        case UInt8(ascii: "e"): try append(popToMark())
        case UInt8(ascii: "s"): try set(pop(2))
        case UInt8(ascii: "u"): try set(popToMark())
        case UInt8(ascii: "q"): memo[try number(1)] = try top()
        case UInt8(ascii: "r"): memo[try number(4)] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(number(1))
        case UInt8(ascii: "j"): try recall(number(4))
        case UInt8(ascii: "c"): try name(line(), line())
        case 0x93:
            let parts = try pop(2)
            try name(parts[0].text ?? "?", parts[1].text ?? "?")
        case UInt8(ascii: "R"): try apply()
        case UInt8(ascii: "b"): try build()
        default: throw unknownOpcode(opcode)
        }
    }

    private func unknownOpcode(_ opcode: UInt8) -> Failure {
        let digits = String(opcode, radix: 16, uppercase: true)
        let sign = (0x21..<0x7F).contains(opcode) ? " '\(Character(UnicodeScalar(opcode)))'" : ""
        return site.badData(
            "opcode 0x\(digits)\(sign) at byte \(position - 1 - bytes.startIndex) is not "
                + "supported; no part of the pickle was executed")
    }

    private var site: FailureSite { FailureSite("pickle", path) }

    private func damage() -> Failure {
        site.badData(
            "truncated or damaged at byte \(position - bytes.startIndex); get the file again")
    }

    private mutating func byte() throws -> UInt8 {
        guard position < bytes.endIndex else { throw damage() }
        position += 1
        return bytes[position - 1]
    }

    /// Reads a little-endian unsigned number.
    private mutating func number(_ byteCount: Int) throws -> Int {
        let value = try run(byteCount).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw damage() }
        return number
    }

    private mutating func run(_ byteCount: Int) throws -> ArraySlice<UInt8> {
        guard byteCount <= bytes.endIndex - position else { throw damage() }
        position += byteCount
        return bytes[position - byteCount..<position]
    }

    private mutating func line() throws -> String {
        guard let end = bytes[position...].firstIndex(of: 0x0A) else { throw damage() }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    private mutating func push(_ container: PickleValue) throws {
        containerCount += 1
        guard containerCount <= Self.containerLimit else {
            throw site.badData("more than \(Self.containerLimit) tuples, lists and dictionaries")
        }
        stack.append(container)
    }

    private func top() throws -> PickleValue {
        guard let value = stack.last else { throw damage() }
        return value
    }

    private mutating func pop() throws -> PickleValue { try pop(1)[0] }

    private mutating func pop(_ count: Int) throws -> [PickleValue] {
        guard stack.count - count >= marks.last ?? 0 else { throw damage() }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw damage() }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private mutating func append(_ items: [PickleValue]) throws {
        guard case .list(let list) = try top() else { throw damage() }
        list.items += items
    }

    private mutating func set(_ items: [PickleValue]) throws {
        guard case .dictionary(let dictionary) = try top(), items.count % 2 == 0 else {
            throw damage()
        }
        for first in stride(from: 0, to: items.count, by: 2) {
            dictionary.pairs.append((items[first], items[first + 1]))
        }
    }

    private mutating func recall(_ number: Int) throws {
        guard let value = memo[number] else { throw damage() }
        stack.append(value)
    }

    private mutating func name(_ module: String, _ name: String) throws {
        guard Self.knownGlobals.contains("\(module) \(name)") else {
            throw site.badData(
                "uses \(module).\(name), which is not part of an array; nothing was executed")
        }
        stack.append(.global("\(module) \(name)"))
    }

    private mutating func apply() throws {
        let parts = try pop(2)
        guard case .global(let name) = parts[0] else { throw damage() }
        try push(.object(PickleValue.Object(name, parts[1])))
    }

    private mutating func build() throws {
        let state = try pop()
        guard case .object(let object) = try top() else { throw damage() }
        object.state = state
    }
}
