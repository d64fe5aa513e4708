/// A right factor of products, in either number format.
package enum RightFactor: Sendable {
    case float32(PackedMatrix)
    case bfloat16(PairedMatrix)

    /// Uses the first ``count(inner:columns:format:)`` values of `storage` as the memory of a matrix
    /// of shape `[inner, columns]`.
    package init(inner: Int, columns: Int, format: ProductFormat, in storage: FloatView) {
        let memory = storage[0..<Self.count(inner: inner, columns: columns, format: format)]
        switch format {
        case .float32:
            self = .float32(PackedMatrix(inner: inner, columns: columns, in: memory))
        case .bfloat16:
            self = .bfloat16(PairedMatrix(inner: inner, columns: columns, in: memory))
        }
    }

    /// Returns the number of values in the memory of a matrix.
    package static func count(inner: Int, columns: Int, format: ProductFormat) -> Int {
        switch format {
        case .float32: PackedMatrix.count(inner: inner, columns: columns)
        case .bfloat16: PairedMatrix.count(inner: inner, columns: columns)
        }
    }

    /// The number of panels. Threads divide the packing by panels.
    package var panelCount: Int {
        switch self {
        case .float32(let matrix): matrix.panelCount
        case .bfloat16(let matrix): matrix.panelCount
        }
    }

    /// Overwrites the panels in `range` from a matrix stored `[inner, columns]`, or from its transpose
    /// stored `[columns, inner]`.
    package func pack(_ matrix: FloatView, isTransposed: Bool, panels range: Range<Int>) {
        switch (self, isTransposed) {
        case (.float32(let target), false): target.pack(matrix, panels: range)
        case (.float32(let target), true): target.packTransposed(matrix, panels: range)
        case (.bfloat16(let target), false): target.pack(matrix, panels: range)
        case (.bfloat16(let target), true): target.packTransposed(matrix, panels: range)
        }
    }
}
