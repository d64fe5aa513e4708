internal import LRNetSupport

/// The names that other code sees, which start with one prefix, so that a program can contain
/// several networks.
package struct CNames: Sendable {
    /// The prefix of functions, types and files, such as `net`.
    package let prefix: String

    /// The names of an export without another prefix.
    package static let standard = CNames(checked: "net")

    /// The largest length. Compilers may distinguish only 31 characters of a name.
    private static let largestLength = 20

    private init(checked prefix: String) { self.prefix = prefix }

    /// - Throws: `Failure` (64) unless the prefix is a C identifier that starts with a letter.
    package init(prefix: String) throws {
        let site = FailureSite("--prefix", prefix.isEmpty ? "''" : prefix)
        let isIdentifier =
            prefix.first?.isLetter == true
            && prefix.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        guard isIdentifier, prefix.count <= Self.largestLength else {
            throw site.usage(
                "is not a C identifier; use up to \(Self.largestLength) letters, digits and "
                    + "underscores that start with a letter")
        }
        guard !["test", "vectors"].contains(prefix.lowercased()) else {
            throw site.usage("is the name of another file of the export; use another name")
        }
        self.prefix = prefix
    }

    /// The prefix of macros, such as `NET`.
    var macro: String { prefix.uppercased() }

    /// The names of all files of the folder, in the order in which they are written.
    package var files: [String] { ["\(prefix).h", "\(prefix).c", "test.c", "vectors.h"] }
}
