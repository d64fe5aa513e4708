/// The words in which a test asks for a fault: `KIND:key=value,key=value`.
package struct FaultText {
    /// What stands in front of the colon.
    package let kind: String

    private var values: [String: String] = [:]
    private let failure: (String) -> any Failure

    /// Takes a text apart.
    ///
    /// - Parameter failure: Makes the error of what is wrong; such an error is thrown.
    package init(_ text: String, failure: @escaping (String) -> any Failure) throws {
        self.failure = failure
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { throw failure("names no kind of fault") }
        kind = String(halves[0])
        for pair in halves[1].split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(
                String.init)
            guard parts.count == 2, values.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw failure("'\(pair)' is no key=value, or stands twice")
            }
        }
    }

    /// The value of a key, which is then known; `nil` if it is not there.
    package mutating func take(_ key: String) -> String? { values.removeValue(forKey: key) }

    /// - Throws: An error if there is a key that nobody took.
    package func finish() throws {
        if let key = values.keys.min() { throw failure("'\(key)' is unknown") }
    }
}
