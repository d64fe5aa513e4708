/// What one rank has given to MPI.
///
/// Messages are those of the exchanges, from rank to rank, counted where they are posted. Of
/// collective calls only this rank's contribution is known; what travels is the library's choice.
package struct Traffic: Sendable, Equatable, Codable {
    /// Messages to other ranks.
    package var messageCount = 0

    /// Their bytes.
    package var byteCount = 0

    /// Calls that all ranks make together.
    package var collectiveCount = 0

    /// The bytes that this rank brought to them.
    package var collectiveByteCount = 0

    /// Nothing.
    package init() {}

    /// Messages to other ranks and their bytes.
    package init(messageCount: Int, byteCount: Int) {
        self.messageCount = messageCount
        self.byteCount = byteCount
    }

    /// The sum of two.
    package static func + (a: Traffic, b: Traffic) -> Traffic {
        var sum = a
        sum.messageCount += b.messageCount
        sum.byteCount += b.byteCount
        sum.collectiveCount += b.collectiveCount
        sum.collectiveByteCount += b.collectiveByteCount
        return sum
    }

    /// What has been added since `b`.
    package static func - (a: Traffic, b: Traffic) -> Traffic {
        var difference = a
        difference.messageCount -= b.messageCount
        difference.byteCount -= b.byteCount
        difference.collectiveCount -= b.collectiveCount
        difference.collectiveByteCount -= b.collectiveByteCount
        return difference
    }
}
