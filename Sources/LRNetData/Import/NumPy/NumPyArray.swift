import LRNetSupport

/// An array as saved by NumPy (`.npy`): a header in Python notation, then the numbers.
///
/// - Source: NumPy, *numpy.lib.format*, versions 1.0 to 3.0.
struct NumPyArray {
    /// The name in errors: a file, or an array in a file.
    let subject: String

    /// The type in NumPy's notation: `|u1`, `<i8`.
    let type: String

    /// The extents, outermost first; empty for a scalar.
    let shape: [Int]

    private let content: ArraySlice<UInt8>

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// Reads an array.
    ///
    /// - Throws: ``Failure`` (65) if the bytes are not such a file, are truncated, contain Python
    ///   objects (a pickle, which is not read), or are in Fortran order.
    init(_ bytes: ArraySlice<UInt8>, subject: String) throws {
        self.subject = subject
        guard bytes.starts(with: Self.magic), bytes.count >= 10 else {
            throw Self.site(subject).badData(
                ForeignContent(bytes)?.message
                    ?? "is not a NumPy array (.npy); save one with numpy.save")
        }
        let start = bytes.startIndex
        let isLong = bytes[start + 6] > 1
        guard (1...3).contains(bytes[start + 6]), !isLong || bytes.count >= 12 else {
            throw Self.site(subject).badData(
                "has version \(bytes[start + 6]) of the format; 1 to 3 are read")
        }
        let lengthField = bytes[start + 8..<start + (isLong ? 12 : 10)]
        let length = lengthField.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard lengthField.endIndex + length <= bytes.endIndex else {
            throw Self.site(subject).badData("is truncated in its header; save it again")
        }
        let header = bytes[lengthField.endIndex..<lengthField.endIndex + length]
        let fields = try NumPyHeader(
            String(decoding: header, as: UTF8.self), subject: subject)
        type = fields.type
        shape = fields.shape
        content = bytes[header.endIndex...]
        if type.hasPrefix("["), !type.contains("O") {
            throw Self.site(subject).badData(
                "has several fields (dtype \(type)); save one of them, such as array['NAME']")
        }
        if type.contains("O") {
            throw Self.site(subject).badData(
                "contains Python objects (dtype \(type)), which are never unpickled; save an "
                    + "array of numbers")
        }
        guard !fields.isFortran else {
            throw Self.site(subject).badData(
                "is stored in Fortran order; save numpy.ascontiguousarray(array) instead")
        }
    }

    /// Returns the number of values.
    ///
    /// - Throws: ``Failure`` (65) if the extents are impossible.
    private func valueCount() throws -> Int {
        var count = 1
        for extent in shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: extent)
            guard !overflows, extent >= 0 else {
                throw Self.site(subject).badData("has impossible shape \(shape); save it again")
            }
            count = product
        }
        return count
    }

    /// Returns the values of an array of bytes.
    ///
    /// - Throws: ``Failure`` (65) if the array has another type or the file is truncated.
    func bytes() throws -> ArraySlice<UInt8> {
        guard type == "|u1" || type == "u1" || type == "<u1" || type == ">u1" else {
            throw Self.site(subject).badData(
                PixelRemedy(type: type, values: try pixelValues()).message)
        }
        try checkByteCount(itemByteCount: 1)
        return content
    }

    /// Returns the values of an array of integers of any size.
    ///
    /// - Throws: ``Failure`` (65) if the array has another type, the file is truncated, or a value
    ///   does not fit in 63 bits.
    func integers() throws -> [Int] {
        let isSigned = type.dropFirst().hasPrefix("i")
        guard isSigned || type.dropFirst().hasPrefix("u"), let size = Int(type.dropFirst(2)),
            [1, 2, 4, 8].contains(size), "|<>=".contains(type.prefix(1))
        else {
            throw Self.site(subject).badData(
                "has dtype \(type), but labels must be integers; \(try labelRemedy())")
        }
        try checkByteCount(itemByteCount: size)
        let isBig = type.hasPrefix(">")
        return try stride(from: content.startIndex, to: content.endIndex, by: size).map { first in
            let item = content[first..<first + size]
            let bits = (isBig ? Array(item) : item.reversed())
                .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let unused = UInt64(64 - 8 * size)
            if isSigned { return Int(Int64(bitPattern: bits << unused) >> Int64(unused)) }
            guard let value = Int(exactly: bits) else {
                throw Self.site(subject).badData("contains \(bits), which is not a label")
            }
            return value
        }
    }

    /// Returns the range of the values as floating-point numbers; `nil` for a type that is not
    /// numeric.
    private func pixelValues() throws -> PixelRemedy.Values? {
        let kind = String(type.dropFirst().prefix(1))
        guard "|<>=".contains(type.prefix(1)), let size = Int(type.dropFirst(2)),
            ["b": [1], "i": [1, 2, 4, 8], "u": [1, 2, 4, 8], "f": [2, 4, 8]][kind]?.contains(size)
                ?? false
        else { return nil }
        try checkByteCount(itemByteCount: size)
        let isBig = type.hasPrefix(">")
        var values = PixelRemedy.Values()
        for first in stride(from: content.startIndex, to: content.endIndex, by: size) {
            var bits: UInt64 = 0
            for byte in 0..<size {
                bits = bits << 8 | UInt64(content[isBig ? first + byte : first + size - 1 - byte])
            }
            switch (kind, size) {
            case ("f", 2): values.add(Double(Float16(bitPattern: UInt16(bits))))
            case ("f", 4): values.add(Double(Float(bitPattern: UInt32(bits))))
            case ("f", _): values.add(Double(bitPattern: bits))
            case ("i", _):
                let unused = UInt64(64 - 8 * size)
                values.add(Double(Int64(bitPattern: bits << unused) >> Int64(unused)))
            default: values.add(Double(bits))
            }
        }
        return values
    }

    /// Returns the remedy for labels of another type, which applies to training and test labels.
    private func labelRemedy() throws -> String {
        switch type.dropFirst().prefix(1) {
        case "f":
            let values = try pixelValues()
            return values?.areWhole == true && values?.areFinite == true
                ? "save array.astype(numpy.int64)"
                : "these are not integers, so they are not classes"
        case "b": return "save array.astype(numpy.uint8)"
        case "U", "S":
            return "save numpy.searchsorted(names, array) with names = "
                + "numpy.unique(training labels), for training and test"
        default: return "save the class numbers, starting at 0"
        }
    }

    private func checkByteCount(itemByteCount: Int) throws {
        let expected = try valueCount().multipliedReportingOverflow(by: itemByteCount)
        guard !expected.overflow, content.count == expected.partialValue else {
            let problem = content.count < expected.partialValue ? "truncated" : "too long"
            throw Self.site(subject).badData(
                "is \(problem): \(content.count) bytes for shape \(shape); save it again")
        }
    }

    static func site(_ subject: String) -> FailureSite { FailureSite("NumPy", subject) }
}
