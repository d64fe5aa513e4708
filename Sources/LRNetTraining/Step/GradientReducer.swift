package import LRNetCollectives
package import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// The exchange that sums the leaf gradients of all ranks while earlier layers still compute, and
/// gathers rows of the whole batch for layers that need them.
///
/// Exact mode adds in one tree over the leaves, independent of the number of ranks. Fast mode
/// leaves the order to MPI and sums at the end of the pass. Short ranges of the vector are joined
/// (``SumBucket``), and long ones are sent in pieces. Exchanges are created on first use, by all
/// ranks in the same order, and then reused.
package final class GradientReducer: GradientExchange {
    /// A sum that recurs in each step, and the number of leaves that are present.
    private struct SumKey: Hashable {
        let sum: GradientSum
        let presentLeaves: Int
    }

    private struct GatherKey: Hashable {
        let name: GatherName
        let globalCount: Int
    }

    private struct ShareKey: Hashable {
        let buffer: ObjectIdentifier
        let offset: Int
        let count: Int
    }

    /// The maximum number of values in a message: 256 KiB. Every exchange stores two messages of
    /// each node, so large ones cost memory; see `lrnet-mpi-checks --benchmark`.
    package static let pieceCount = 1 << 16

    private let group: any ProcessGroup
    private let leafCount: Int
    private let mode: Recipe.Reduction
    private var presentLeaves = 0
    private var sums: [SumKey: any AllReduction] = [:]
    private var gathers: [GatherKey: RowGather] = [:]
    private var shareGathers: [ShareKey: AllGather] = [:]
    private var begunGathers: [GatherName: RowGather] = [:]
    private var inFlight: [Started] = []
    private var bucket = SumBucket()
    /// The owner of the pending sums in the bucket.
    private var bucketStore: GradientStore?
    private var failure: (any Error)?

    /// The time of this step spent only waiting for exchanges.
    private(set) var waiting = Duration.zero

    /// A started exchange.
    private struct Started {
        let exchange: any Exchange
        /// The range that it sums; `nil` for a gather.
        var sum: Range<Int>?
        /// True if one call of it blocks until the other ranks participate.
        var isBlocking = false
    }

    /// The rows of all samples, and the exchange that gathers them.
    private struct RowGather {
        let exchange: AllGather
        let rows: FloatBuffer
        let own: Range<Int>
    }

    /// Creates a reducer. Every rank calls it with the same arguments.
    ///
    /// - Parameter leafCount: The number of leaves in a full batch.
    package init(group: any ProcessGroup, leafCount: Int, mode: Recipe.Reduction) {
        self.group = group
        self.leafCount = leafCount
        self.mode = mode
    }

    /// Returns the order in which this rank sums its own leaves of a batch.
    package func schedule(for layout: BatchLayout) -> LeafSchedule {
        LeafSchedule(of: layout.leafRun, in: LeafTree(count: layout.globalLeafCount))
    }

    /// Begins a step. Every rank calls it.
    func begin(_ layout: BatchLayout) {
        precondition(
            inFlight.isEmpty && bucket.range == nil,
            "a step begins before the previous one has ended")
        presentLeaves = layout.globalLeafCount
        waiting = .zero
        begunGathers.removeAll(keepingCapacity: true)
    }

    // MARK: Sums

    /// Begins a sum. A sum that every rank needs in full may wait in the bucket for the next
    /// ranges.
    package func beginSum(_ range: Range<Int>, of store: GradientStore, unit: Int?) throws {
        for sum in bucket.add(GradientSum(range: range, unit: unit)) { try start(sum, of: store) }
        bucketStore = bucket.range == nil ? nil : store
    }

    private func sendBucket() throws {
        guard let store = bucketStore else { return }
        bucketStore = nil
        for sum in bucket.takeRest() { try start(sum, of: store) }
    }

    private func start(_ sum: GradientSum, of store: GradientStore) throws {
        let (range, key) = (sum.range, SumKey(sum: sum, presentLeaves: presentLeaves))
        let reduction = reduction(key)
        if sum.unit != nil, let tree = reduction as? TreeExchange {
            try tree.startReduceToSlice(nodes: store.nodes(range), into: store.total[range])
        } else {
            try reduction.start(nodes: store.nodes(range), into: store.total[range])
        }
        inFlight.append(Started(exchange: reduction, sum: range, isBlocking: mode == .fast))
    }

    /// True if a range's sums have arrived or were never begun.
    func hasSummed(_ range: Range<Int>) -> Bool {
        bucket.range?.overlaps(range) != true
            && !inFlight.contains { $0.sum?.overlaps(range) == true }
    }

    private func reduction(_ key: SumKey) -> any AllReduction {
        if let known = sums[key] { return known }
        let made: any AllReduction
        switch mode {
        case .exact:
            made = TreeExchange(
                group: group, leafCount: leafCount, presentLeaves: key.presentLeaves,
                valueCount: key.sum.range.count,
                alignment: key.sum.unit ?? SlicePartition.alignment,
                pieceCount: Self.pieceCount)
        case .fast:
            made = FastAllReduce(
                group: group, leafCount: leafCount, presentLeaves: key.presentLeaves,
                valueCount: key.sum.range.count)
        }
        sums[key] = made
        return made
    }

    // MARK: Gathers

    /// Copies this rank's rows to their place and begins to gather the rows of the other ranks.
    package func beginGather(
        rows: FloatView, width: Int, name: GatherName, layout: BatchLayout
    ) throws {
        let gather = rowGather(
            GatherKey(name: name, globalCount: layout.globalCount), width: width, layout)
        gather.rows[gather.own].copy(from: rows)
        begunGathers[name] = gather
        try gather.exchange.start(gather.rows.all)
        inFlight.append(Started(exchange: gather.exchange))
    }

    private func rowGather(_ key: GatherKey, width: Int, _ layout: BatchLayout) -> RowGather {
        if let known = gathers[key] { return known }
        let lengths = (0..<group.size).map { rank in
            let run = LeafTree.run(of: rank, ranks: group.size, leafCount: leafCount)
            let samples = [run.lowerBound, run.upperBound].map {
                min($0 * layout.leafSize, layout.globalCount)
            }
            return (samples[1] - samples[0]) * width
        }
        let partition = RowPartition(lengths: lengths)
        let made = RowGather(
            exchange: AllGather(group: group, rows: partition, pieceCount: Self.pieceCount),
            rows: FloatBuffer(count: partition.count), own: partition[group.rank])
        gathers[key] = made
        return made
    }

    /// Waits for the rows of all ranks and returns them.
    package func finishGather(_ name: GatherName) throws -> FloatView {
        guard let gather = begunGathers[name] else {
            preconditionFailure("nothing gathered for \(name)")
        }
        try measuringWait {
            while !(try gather.exchange.step()) { progress() }
        }
        return gather.rows.all
    }

    /// Returns this rank's share of `count` values: one range, its slice in the exchange.
    package func share(of count: Int, unit: Int) -> Range<Int> {
        slices(of: count, unit: unit)[group.rank]
    }

    /// Returns the shares of `count` values by rank.
    func slices(of count: Int, unit: Int) -> SlicePartition {
        SlicePartition(count: count, groups: group.rankGroups, alignment: unit)
    }

    package func beginGather(shares view: FloatView, unit: Int) throws {
        let exchange = shareGather(view, unit: unit)
        try exchange.start(view)
        inFlight.append(Started(exchange: exchange))
    }

    /// Creates the gathers of the parameters in a fixed order, since ranks may first use them in
    /// different orders. Every rank calls it.
    func prepareGathers(of parameters: [Parameter]) {
        for parameter in parameters {
            if let unit = parameter.shareUnit { _ = shareGather(parameter.value, unit: unit) }
        }
    }

    private func shareGather(_ view: FloatView, unit: Int) -> AllGather {
        let key = ShareKey(
            buffer: ObjectIdentifier(view.buffer), offset: view.offset, count: view.count)
        if let known = shareGathers[key] { return known }
        let made = AllGather(
            group: group, slices: slices(of: view.count, unit: unit),
            pieceCount: Self.pieceCount)
        shareGathers[key] = made
        return made
    }

    // MARK: Progress

    /// Advances the exchanges in flight. An error is stored and thrown by ``finish()`` or
    /// ``waitForNext()``.
    package func progress() {
        guard failure == nil, !inFlight.isEmpty else { return }
        do {
            try advance()
        } catch {
            failure = error
        }
    }

    /// Advances the exchanges in flight, except blocking ones. MPI_Allreduce blocks, and all
    /// ranks must call it in the same order as their other collectives, so it runs at the end.
    private func advance() throws {
        try inFlight.removeAll { try !$0.isBlocking && $0.exchange.step() }
    }

    private func measuringWait(_ work: () throws -> Void) rethrows {
        let start = ContinuousClock.now
        defer { waiting += ContinuousClock.now - start }
        try work()
    }

    /// Waits until another exchange is done or none is in flight. Every rank calls it until the
    /// sums that it waits for have arrived.
    func waitForNext() throws {
        try sendBucket()
        if let failure { throw failure }
        if mode == .fast { return try finish() }
        let count = inFlight.count
        try measuringWait {
            // All exchanges advance together, because peers may wait for any of them.
            while inFlight.count == count && count > 0 { try advance() }
        }
    }

    /// Returns the smallest position that any rank passes; `nil` if every rank passes `nil`. Every
    /// rank calls it.
    func agree(on position: Int?) throws -> Int? {
        var smallest = [Int64(position ?? .max)]
        try group.minimum(&smallest)
        return smallest[0] < .max ? Int(smallest[0]) : nil
    }

    /// Returns once no exchange is in flight. Every rank calls it.
    package func finish() throws {
        try sendBucket()
        if let failure { throw failure }
        try measuringWait {
            if mode == .exact {
                while !inFlight.isEmpty { try advance() }
            }
            for started in inFlight { try started.exchange.finish() }
        }
        inFlight.removeAll(keepingCapacity: true)
    }
}
