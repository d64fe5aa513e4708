import CHDF5
package import LRNetKernels
import LRNetSupport

/// A chunked array of numbers in an HDF5 file, which is closed with the object.
///
/// A row is all values at one index of the first extent. Rows are stored one after another.
package final class HDF5DataSet: Sendable {
    package let file: HDF5File

    /// The path from the root.
    package let path: String

    /// The extents, outermost first.
    package let shape: [Int]

    /// The extents of a chunk.
    package let chunk: [Int]

    package let elementType: HDF5ElementType

    private let handle: HDF5Handle

    /// The default size of a chunk in bytes. HDF5's own cache has room for one such chunk.
    package static let chunkByteCount = 1 << 20

    init(
        file: HDF5File, path: String, handle: HDF5Handle, shape: [Int], chunk: [Int],
        elementType: HDF5ElementType
    ) {
        self.file = file
        self.path = path
        self.handle = handle
        self.shape = shape
        self.chunk = chunk
        self.elementType = elementType
    }

    package var rowCount: Int { shape[0] }

    /// The number of values per row.
    package var rowElementCount: Int { shape.dropFirst().reduce(1, *) }

    private var subject: String { "\(file.name) \(path)" }

    /// Reads rows; by default, all.
    ///
    /// - Returns: The values, row after row.
    /// - Precondition: The rows exist.
    /// - Throws: `Failure`: 65 if the stored type differs or a checksum is wrong, 74 if the file
    ///   cannot be read.
    package func read<Element: HDF5Element>(
        rows: Range<Int>? = nil, as type: Element.Type = Element.self
    ) throws -> [Element] {
        let rows = rows ?? 0..<rowCount
        try checkStored(type.elementType)
        var values = [Element](repeating: .zero, count: rows.count * rowElementCount)
        try values.withUnsafeMutableBytes { try transfer(rows, .read($0.baseAddress)) }
        return values
    }

    /// Reads rows into Float32 memory.
    ///
    /// - Precondition: The rows exist, and the view has exactly their number of values.
    /// - Throws: ``Failure``, as in ``read(rows:as:)``.
    package func read(rows: Range<Int>? = nil, into view: FloatView) throws {
        let rows = rows ?? 0..<rowCount
        checkCount(view.count, rows)
        try checkStored(.float)
        try transfer(rows, .read(UnsafeMutableRawPointer(view.pointer)))
    }

    /// Writes rows; by default, all.
    ///
    /// - Precondition: The rows exist, and the values have exactly their number and the stored
    ///   type.
    /// - Throws: `Failure` (74).
    package func write<Element: HDF5Element>(_ values: [Element], rows: Range<Int>? = nil) throws {
        let rows = rows ?? 0..<rowCount
        checkCount(values.count, rows)
        precondition(
            Element.elementType == elementType, "\(Element.self) for a data set of \(elementType)")
        try values.withUnsafeBytes { try transfer(rows, .write($0.baseAddress)) }
    }

    /// Writes rows from Float32 memory.
    ///
    /// - Precondition: The rows exist, the view has exactly their number of values, and the stored
    ///   type is `float`.
    /// - Throws: ``Failure`` (74).
    package func write(_ view: FloatView, rows: Range<Int>? = nil) throws {
        let rows = rows ?? 0..<rowCount
        checkCount(view.count, rows)
        precondition(elementType == .float, "Float for a data set of \(elementType)")
        try transfer(rows, .write(UnsafeRawPointer(view.pointer)))
    }

    /// Returns the extents of the largest chunk of consecutive numbers with at most `byteCount`
    /// bytes.
    package static func defaultChunk(
        shape: [Int], of type: HDF5ElementType, byteCount: Int = chunkByteCount
    ) -> [Int] {
        var room = max(byteCount / type.byteCount, 1)
        var chunk = [Int](repeating: 1, count: shape.count)
        for dimension in shape.indices.reversed() {
            chunk[dimension] = max(1, min(shape[dimension], room))
            if chunk[dimension] < shape[dimension] { break }
            room /= chunk[dimension]
        }
        return chunk
    }

    /// Creates a data space with the given extents.
    static func space(_ shape: [Int], _ subject: String) throws -> HDF5Handle {
        let extents = shape.map { hsize_t($0) }
        return try HDF5Handle(
            "H5Screate_simple", subject, status: .internalError, close: H5Sclose
        ) {
            H5Screate_simple(Int32(extents.count), extents, nil)
        }
    }

    private enum Direction {
        case read(UnsafeMutableRawPointer?)
        case write(UnsafeRawPointer?)
    }

    private func transfer(_ rows: Range<Int>, _ direction: Direction) throws {
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= rowCount,
            "rows \(rows) of \(rowCount) in \(subject)")
        if rows.count * rowElementCount == 0 { return }
        let inFile = try Self.space(shape, subject)
        var start = [hsize_t](repeating: 0, count: shape.count)
        var extents = shape.map { hsize_t($0) }
        start[0] = hsize_t(rows.lowerBound)
        extents[0] = hsize_t(rows.count)
        _ = try HDF5Library.call("H5Sselect_hyperslab", subject, status: .internalError) {
            H5Sselect_hyperslab(inFile.id, H5S_SELECT_SET, start, nil, extents, nil)
        }
        let inMemory = try Self.space([rows.count] + shape.dropFirst(), subject)
        switch direction {
        case .read(let target):
            _ = try HDF5Library.call("H5Dread", subject) {
                H5Dread(
                    handle.id, elementType.native, inMemory.id, inFile.id,
                    HDF5DefaultProperties, target)
            }
        case .write(let source):
            _ = try HDF5Library.call("H5Dwrite", subject, status: .inputOutput) {
                H5Dwrite(
                    handle.id, elementType.native, inMemory.id, inFile.id,
                    HDF5DefaultProperties, source)
            }
        }
    }

    private func checkCount(_ count: Int, _ rows: Range<Int>) {
        precondition(
            count == rows.count * rowElementCount,
            "\(count) values for rows \(rows) of \(shape) in \(subject)")
    }

    private func checkStored(_ type: HDF5ElementType) throws {
        guard type == elementType else {
            throw Failure(
                call: "H5Dread", subject: subject,
                message: "contains numbers of type \(elementType) instead of \(type)",
                exitStatus: .badData)
        }
    }
}
