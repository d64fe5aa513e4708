/// The text by which a test requests a fault: `KIND:key=value,key=value`.
package struct FaultText {
    /// The text before the colon.
    package let kind: String

    private var values: [String: String] = [:]
    private let site: FailureSite

    /// Parses a text.
    ///
    /// - Parameter site: The call and subject of errors, which are usage errors (64).
    package init(_ text: String, site: FailureSite) throws {
        self.site = site
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { throw site.usage("does not name a kind of fault") }
        kind = String(halves[0])
        for pair in halves[1].split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(
                String.init)
            guard parts.count == 2, values.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw site.usage("'\(pair)' is not key=value, or its key appears twice")
            }
        }
    }

    /// Removes a key and returns its value, or `nil` if the key is missing.
    package mutating func take(_ key: String) -> String? { values.removeValue(forKey: key) }

    /// Checks that no unknown key is left.
    ///
    /// - Throws: A usage error (64) if a key was not taken.
    package func finish() throws {
        if let key = values.keys.min() { throw site.usage("'\(key)' is unknown") }
    }
}
