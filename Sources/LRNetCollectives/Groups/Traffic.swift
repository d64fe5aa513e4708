/// The data that one rank has passed to MPI.
///
/// Messages are the messages of the exchanges, from rank to rank, counted by the sender. For
/// collective calls only this rank's contribution is known, because the library decides what is
/// transferred.
package struct Traffic: Sendable, Equatable, Codable {
    /// The number of messages to other ranks.
    package var messageCount = 0

    /// The bytes of the messages.
    package var byteCount = 0

    /// The number of messages to ranks on other machines, and their bytes.
    package var leavingMessageCount = 0, leavingByteCount = 0

    /// The number of collective calls.
    package var collectiveCount = 0

    /// The bytes that this rank contributed to collective calls.
    package var collectiveByteCount = 0

    package init() {}

    /// Adds messages, which have `bytes` bytes together.
    package mutating func count(messages: Int = 1, bytes: Int, leavesMachine: Bool) {
        messageCount += messages
        byteCount += bytes
        if leavesMachine {
            leavingMessageCount += messages
            leavingByteCount += bytes
        }
    }

    package static func + (a: Traffic, b: Traffic) -> Traffic {
        var sum = a
        sum.messageCount += b.messageCount
        sum.byteCount += b.byteCount
        sum.leavingMessageCount += b.leavingMessageCount
        sum.leavingByteCount += b.leavingByteCount
        sum.collectiveCount += b.collectiveCount
        sum.collectiveByteCount += b.collectiveByteCount
        return sum
    }

    package static func - (a: Traffic, b: Traffic) -> Traffic {
        var difference = a
        difference.messageCount -= b.messageCount
        difference.byteCount -= b.byteCount
        difference.leavingMessageCount -= b.leavingMessageCount
        difference.leavingByteCount -= b.leavingByteCount
        difference.collectiveCount -= b.collectiveCount
        difference.collectiveByteCount -= b.collectiveByteCount
        return difference
    }
}
