/// A name that is compared by its bytes, as the system does.
///
/// Swift's texts are equal where letters are: `é` in one piece and `e` with an accent name two
/// files, but are one key of a dictionary.
package struct ByteName: Hashable, Comparable, Sendable {
    private let bytes: [UInt8]

    /// The bytes that a path's or name's text stands for.
    package init(_ text: String) { bytes = PathText.bytes(of: text) }

    package static func < (a: ByteName, b: ByteName) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }
}
