/// What one rank has given to MPI.
///
/// Messages are those of the exchanges, from rank to rank, counted where they are posted. Of
/// collective calls only this rank's contribution is known; what travels is the library's choice.
public struct Traffic: Sendable, Equatable, Codable {
    /// Messages to other ranks.
    public var messageCount = 0

    /// Their bytes.
    public var byteCount = 0

    /// Calls that all ranks make together.
    public var collectiveCount = 0

    /// The bytes that this rank brought to them.
    public var collectiveByteCount = 0

    /// Nothing.
    public init() {}

    /// Messages to other ranks and their bytes.
    public init(messageCount: Int, byteCount: Int) {
        self.messageCount = messageCount
        self.byteCount = byteCount
    }

    /// The sum of two.
    public static func + (a: Traffic, b: Traffic) -> Traffic {
        var sum = a
        sum.messageCount += b.messageCount
        sum.byteCount += b.byteCount
        sum.collectiveCount += b.collectiveCount
        sum.collectiveByteCount += b.collectiveByteCount
        return sum
    }

    /// What has been added since `b`.
    public static func - (a: Traffic, b: Traffic) -> Traffic {
        var difference = a
        difference.messageCount -= b.messageCount
        difference.byteCount -= b.byteCount
        difference.collectiveCount -= b.collectiveCount
        difference.collectiveByteCount -= b.collectiveByteCount
        return difference
    }
}
