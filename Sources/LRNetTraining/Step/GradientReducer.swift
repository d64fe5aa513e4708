package import LRNetCollectives
package import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// Adds up the leaves' gradients of all ranks while earlier layers still compute, and gathers what
/// layers want of the whole batch.
///
/// Exact mode adds in one tree over the leaves, whatever the number of ranks; fast mode leaves the
/// order to MPI, at the end of the pass. Short ranges of the vector are joined (``SumBucket``), and
/// long ones travel in pieces. Exchanges are made when they are first wanted, by all ranks in the same
/// order, and kept.
package final class GradientReducer: GradientExchange {
    /// A sum that is made again in each step, and the leaves that are present.
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

    /// Values of a message, at most: 256 KiB. Every exchange keeps two messages of each node, so
    /// large ones cost memory; see `lrnet-mpi-checks --benchmark`.
    package static let pieceCount = 1 << 16

    private let group: any ProcessGroup
    private let leafCount: Int
    private let mode: Recipe.Reduction
    private var presentLeaves = 0
    private var sums: [SumKey: any AllReduction] = [:]
    private var gathers: [GatherKey: RowGather] = [:]
    private var shareGathers: [ShareKey: AllGather] = [:]
    private var begunGathers: [GatherName: RowGather] = [:]
    private var underWay: [Started] = []
    private var bucket = SumBucket()
    /// Whose sums wait in the bucket.
    private var bucketStore: GradientStore?
    private var failure: (any Error)?

    /// The time of this step in which nothing was done but wait for exchanges.
    private(set) var waiting = Duration.zero

    /// An exchange under way.
    private struct Started {
        let exchange: any Exchange
        /// The range that it adds up, if it does.
        var sum: Range<Int>?
        /// A step of it waits for the other ranks.
        var isBlocking = false
    }

    /// Rows of all samples, and how they come here.
    private struct RowGather {
        let exchange: AllGather
        let rows: FloatBuffer
        let own: Range<Int>
    }

    /// Creates a reducer; every rank does, with the same arguments.
    ///
    /// - Parameter leafCount: The leaves of a full batch.
    package init(group: any ProcessGroup, leafCount: Int, mode: Recipe.Reduction) {
        self.group = group
        self.leafCount = leafCount
        self.mode = mode
    }

    /// How this rank adds up its own leaves in a batch of `layout`.
    package func schedule(for layout: BatchLayout) -> LeafSchedule {
        LeafSchedule(of: layout.leafRun, in: LeafTree(count: layout.globalLeafCount))
    }

    /// Begins a step. Every rank calls it.
    func begin(_ layout: BatchLayout) {
        precondition(
            underWay.isEmpty && bucket.range == nil, "a step begins before the last one's end")
        presentLeaves = layout.globalLeafCount
        waiting = .zero
        begunGathers.removeAll(keepingCapacity: true)
    }

    // MARK: Sums

    /// Begins a sum, at once or, where every rank wants all of it, with the next range.
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
        underWay.append(Started(exchange: reduction, sum: range, isBlocking: mode == .fast))
    }

    /// True if a range's sums are here, or were never asked for.
    func hasSummed(_ range: Range<Int>) -> Bool {
        bucket.range?.overlaps(range) != true
            && !underWay.contains { $0.sum?.overlaps(range) == true }
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

    /// Copies this rank's rows to their place and begins to gather the others.
    package func beginGather(
        rows: FloatView, width: Int, name: GatherName, layout: BatchLayout
    ) throws {
        let gather = rowGather(
            GatherKey(name: name, globalCount: layout.globalCount), width: width, layout)
        gather.rows[gather.own].copy(from: rows)
        begunGathers[name] = gather
        try gather.exchange.start(gather.rows.all)
        underWay.append(Started(exchange: gather.exchange))
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
        let partition = SlicePartition(lengths: lengths)
        let made = RowGather(
            exchange: AllGather(group: group, partition: partition, pieceCount: Self.pieceCount),
            rows: FloatBuffer(count: partition.count), own: partition[group.rank])
        gathers[key] = made
        return made
    }

    /// Waits for the rows.
    package func finishGather(_ name: GatherName) throws -> FloatView {
        guard let gather = begunGathers[name] else {
            preconditionFailure("nothing gathered for \(name)")
        }
        try measuringWait {
            while !(try gather.exchange.step()) { progress() }
        }
        return gather.rows.all
    }

    /// This rank's values, in the order of the ranks.
    package func share(of count: Int, unit: Int) -> Range<Int> {
        SlicePartition(count: count, ranks: group.size, alignment: unit)[group.rank]
    }

    /// Begins to gather shares.
    package func beginGather(shares view: FloatView, unit: Int) throws {
        let exchange = shareGather(view, unit: unit)
        try exchange.start(view)
        underWay.append(Started(exchange: exchange))
    }

    /// Makes what gathers parameters, in their order: ranks may come to want them in different
    /// orders. Every rank calls it.
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
            group: group,
            partition: SlicePartition(count: view.count, ranks: group.size, alignment: unit),
            pieceCount: Self.pieceCount)
        shareGathers[key] = made
        return made
    }

    // MARK: Progress

    /// Moves on what is under way. An error is kept for ``finish()``.
    package func progress() {
        guard failure == nil, !underWay.isEmpty else { return }
        do {
            try moveOn()
        } catch {
            failure = error
        }
    }

    /// MPI_Allreduce blocks, and between other collectives it must come in the same order on all
    /// ranks: at the end.
    private func moveOn() throws {
        try underWay.removeAll { try !$0.isBlocking && $0.exchange.step() }
    }

    private func measuringWait(_ work: () throws -> Void) rethrows {
        let start = ContinuousClock.now
        defer { waiting += ContinuousClock.now - start }
        try work()
    }

    /// Waits until another exchange is done, or none is under way. Every rank calls it until what it
    /// waits for has come.
    func waitForNext() throws {
        try sendBucket()
        if let failure { throw failure }
        if mode == .fast { return try finish() }
        let count = underWay.count
        try measuringWait {
            // All at once: peers may wait for any of them.
            while underWay.count == count && count > 0 { try moveOn() }
        }
    }

    /// The smallest position that any rank gives, if one does. Every rank calls it.
    func agree(on position: Int?) throws -> Int? {
        let none = Double(Int32.max)
        var all = Array(repeating: none, count: group.size)
        try group.allGather(
            [position.map(Double.init) ?? none], counts: Array(repeating: 1, count: group.size),
            into: &all)
        return all.min().flatMap { $0 < none ? Int($0) : nil }
    }

    /// Returns when nothing is under way any more. Every rank calls it.
    package func finish() throws {
        try sendBucket()
        if let failure { throw failure }
        try measuringWait {
            if mode == .exact {
                while !underWay.isEmpty { try moveOn() }
            }
            for started in underWay { try started.exchange.finish() }
        }
        underWay.removeAll(keepingCapacity: true)
    }
}
