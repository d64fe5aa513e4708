/// A name that is compared by its bytes, as the file system does.
///
/// Swift compares strings by characters. A composed `é` and an `e` with a combining accent name two
/// files, but they are the same key of a dictionary.
package struct ByteName: Hashable, Comparable, Sendable {
    private let bytes: [UInt8]

    /// Creates a name from the text of a path or name.
    package init(_ text: String) { bytes = PathText.bytes(of: text) }

    package static func < (a: ByteName, b: ByteName) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }
}
