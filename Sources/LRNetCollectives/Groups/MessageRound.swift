/// The messages between this rank and some others that are under way at the same time. They are
/// parts of a buffer of Doubles.
package struct MessageRound: Sendable, Equatable {
    /// A message to or from another rank.
    package struct Message: Sendable, Equatable {
        package let rank: Int
        /// The place of the message in the buffer.
        package let offset, count: Int

        package init(rank: Int, offset: Int, count: Int) {
            (self.rank, self.offset, self.count) = (rank, offset, count)
        }
    }

    package let sent, received: [Message]

    package init(sent: [Message], received: [Message]) {
        (self.sent, self.received) = (sent, received)
    }

    package var isEmpty: Bool { sent.isEmpty && received.isEmpty }

    /// Traps if a message is not a part of a buffer of `bufferCount` values.
    func check(bufferCount: Int) {
        for message in sent { Self.check(message, bufferCount) }
        for message in received { Self.check(message, bufferCount) }
    }

    private static func check(_ message: Message, _ bufferCount: Int) {
        precondition(
            message.offset >= 0 && message.count >= 0
                && message.offset + message.count <= bufferCount,
            "\(message) of a buffer of \(bufferCount)")
    }
}
