/// The words in which a test asks for a fault: `KIND:key=value,key=value`.
package struct FaultText {
    /// What stands in front of the colon.
    package let kind: String

    private var values: [String: String] = [:]
    private let site: FailureSite

    /// Takes a text apart.
    ///
    /// - Parameter site: Where errors belong; thrown as errors of usage (64).
    package init(_ text: String, site: FailureSite) throws {
        self.site = site
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { throw site.usage("names no kind of fault") }
        kind = String(halves[0])
        for pair in halves[1].split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(
                String.init)
            guard parts.count == 2, values.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw site.usage("'\(pair)' is no key=value, or stands twice")
            }
        }
    }

    /// The value of a key, which is then known; `nil` if it is not there.
    package mutating func take(_ key: String) -> String? { values.removeValue(forKey: key) }

    /// - Throws: An error if there is a key that nobody took.
    package func finish() throws {
        if let key = values.keys.min() { throw site.usage("'\(key)' is unknown") }
    }
}
