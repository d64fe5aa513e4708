/// The messages that one rank sends to another in one stage of an exchange.
package struct PlannedMessages: Sendable, Equatable {
    /// The position of the stage in the plan.
    package let stage: Int

    /// The rank that receives them.
    package let partner: Int

    package let messageCount: Int

    package let byteCount: Int

    /// True if the partner is on another machine.
    package let leavesMachine: Bool

    /// Plans the messages that carry `copies` of some values, each in pieces.
    init(
        stage: Int, from rank: Int, to partner: Int, values: Int, copies: Int,
        pieceCount: Int, groups: RankGroups
    ) {
        self.init(
            stage: stage, from: rank, to: partner,
            messageCount: copies * ((values + pieceCount - 1) / pieceCount),
            byteCount: copies * values * MemoryLayout<Float>.stride, groups: groups)
    }

    init(
        stage: Int, from rank: Int, to partner: Int, messageCount: Int, byteCount: Int,
        groups: RankGroups
    ) {
        self.stage = stage
        self.partner = partner
        self.messageCount = messageCount
        self.byteCount = byteCount
        leavesMachine = !groups.share(rank, partner)
    }
}

extension Traffic {
    /// Adds up planned messages.
    package init(_ planned: [PlannedMessages]) {
        self.init()
        for messages in planned {
            count(
                messages: messages.messageCount, bytes: messages.byteCount,
                leavesMachine: messages.leavesMachine)
        }
    }
}
