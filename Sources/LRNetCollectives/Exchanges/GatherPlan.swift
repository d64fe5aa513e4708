/// One rank's part of a gather that distributes the ranges of all ranks to every rank.
///
/// It is computed for any rank of any group without starting ranks. The stages are those of a sum
/// in reverse: between machines first, then within the machine. So a range crosses the link of a
/// machine once per other machine.
package struct GatherPlan: Sendable {
    /// One exchange within a group. Every member sends its ranges to all others.
    struct Stage: Sendable {
        /// The ranks of the group.
        let members: [Int]
        /// This rank's position among the members.
        let position: Int
        /// The ranges of values that each member sends.
        let ranges: [[Range<Int>]]
    }

    /// The number of values of the buffer.
    package let count: Int

    let rank: Int
    let groups: RankGroups
    let stages: [Stage]
    let pieceCount: Int

    /// Plans the gather of slices. The slices that a rank holds are always one range: O(sum of
    /// radices).
    ///
    /// - Parameter pieceCount: The maximum number of values per message.
    package init(rank: Int, slices: SlicePartition, pieceCount: Int) {
        self.init(rank: rank, count: slices.count, groups: slices.groups, pieceCount: pieceCount) {
            [slices.held(by: $0, before: $1 + 1)]
        }
    }

    /// Plans the gather of rows, which are in rank order. A rank holds one range for
    /// each rank whose rows it has received, so there are O(ranks) ranges.
    ///
    /// - Precondition: There is a range of rows for each rank.
    package init(rank: Int, rows: RowPartition, groups: RankGroups, pieceCount: Int) {
        precondition(
            rows.rankCount == groups.rankCount,
            "rows of \(rows.rankCount) ranks for \(groups.rankCount) ranks")
        self.init(rank: rank, count: rows.count, groups: groups, pieceCount: pieceCount) {
            member, stage in
            let step = groups.strides[stage + 1]
            return stride(from: member % step, to: groups.rankCount, by: step).map { rows[$0] }
                .filter { !$0.isEmpty }
        }
    }

    private init(
        rank: Int, count: Int, groups: RankGroups, pieceCount: Int,
        ranges: (_ member: Int, _ stage: Int) -> [Range<Int>]
    ) {
        self.rank = rank
        self.count = count
        self.groups = groups
        self.pieceCount = pieceCount
        stages = groups.radices.indices.reversed().map { stage in
            let members = groups.members(of: rank, stage: stage)
            return Stage(
                members: members, position: groups.digit(stage, of: rank),
                ranges: members.map { ranges($0, stage) })
        }
    }

    /// Divides what a member sends into messages of at most ``pieceCount`` values. A message can
    /// contain parts of several ranges.
    func pieces(of ranges: [Range<Int>]) -> [[Range<Int>]] {
        var pieces: [[Range<Int>]] = []
        var room = 0
        for range in ranges {
            var start = range.lowerBound
            while start < range.upperBound {
                if room == 0 {
                    pieces.append([])
                    room = pieceCount
                }
                let end = min(start + room, range.upperBound)
                pieces[pieces.count - 1].append(start..<end)
                room -= end - start
                start = end
            }
        }
        return pieces
    }

    /// The messages that the rank sends: what it holds, to each member.
    package var messages: [PlannedMessages] {
        stages.enumerated().flatMap { index, stage in
            stage.members.filter { $0 != rank }.map { member in
                PlannedMessages(
                    stage: index, from: rank, to: member,
                    values: stage.ranges[stage.position].reduce(0) { $0 + $1.count }, copies: 1,
                    pieceCount: pieceCount, groups: groups)
            }
        }
    }
}
