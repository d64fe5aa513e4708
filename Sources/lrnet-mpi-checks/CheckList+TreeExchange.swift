import LRNetCollectives
import LRNetKernels
import LRNetSupport

extension CheckList {
    /// Checks the exchange against a reference implementation of the tree, in all its forms.
    func runTreeExchange() throws {
        checkSensitivity()
        for leafCount in [1, 2, 3, 5, 7, 8, 13, 16] {
            for valueCount in [0, 1, 5, 16, 17, 1000, 100_003] {
                for present in Set([leafCount, max(leafCount - 1, 0), (leafCount + 1) / 2]).sorted()
                {
                    try check(leafCount: leafCount, present: present, valueCount: valueCount)
                }
            }
        }
        try checkSeveralAtOnce()
    }

    /// Checks that the sums below depend on the order of additions.
    private func checkSensitivity() {
        let leaves = (0..<8).map { leaf($0, 1000) }
        let inTree = reference(8, 1000)
        let inTurn = (0..<1000).map { index in
            leaves.dropFirst().reduce(leaves[0][index]) { $0 + $1[index] }
        }
        expect(inTree.map(\.bitPattern) != inTurn.map(\.bitPattern), "the order of a sum matters")
    }

    private func check(leafCount: Int, present: Int, valueCount: Int) throws {
        let name = "\(present) of \(leafCount) leaves, \(valueCount) values"
        let expected = reference(present, valueCount).map(\.bitPattern)
        let exchange = TreeExchange(
            group: group, leafCount: leafCount, presentLeaves: present, valueCount: valueCount,
            pieceCount: valueCount > 10_000 ? 4096 : 64)
        let output = FloatBuffer(count: valueCount).all

        // Blocking, twice with the same exchange, whose state must be reset.
        for round in 1...2 {
            output.fill(.nan)
            try exchange.allReduce(nodes: nodes(of: exchange), into: output)
            expect(bits(output) == expected, "tree exchange, round \(round): \(name)")
        }
        record(output)

        // The two halves, with the sum in the memory of the last node if there is one.
        let nodes = nodes(of: exchange)
        let inPlace = nodes.last ?? output
        try exchange.reduceToSlice(nodes: nodes, into: inPlace)
        expect(
            bits(inPlace[exchange.slice]) == Array(expected[exchange.slice]),
            "reduction to the slice in place: \(name)")
        let gather = AllGather(
            group: group, slices: exchange.slices, pieceCount: 64)
        try gather.start(inPlace)
        try gather.finish()
        expect(bits(inPlace) == expected, "gathering of the slices: \(name)")

        // Overlapped with work, whose amount differs between ranks.
        output.fill(.nan)
        try exchange.start(nodes: self.nodes(of: exchange), into: output)
        while !(try exchange.step()) { work(group.rank + 1) }
        expect(try exchange.step(), "a finished exchange stays finished: \(name)")
        expect(bits(output) == expected, "overlapped exchange: \(name)")

        // Small integers have the same sum in any order.
        let fast = FastAllReduce(
            group: group, leafCount: leafCount, presentLeaves: present, valueCount: valueCount)
        let ones = exchange.ownNodes.map { node in
            let view = FloatBuffer(count: valueCount).all
            view.fill(Float(exchange.tree.leaves(of: node).count))
            return view
        }
        try fast.allReduce(nodes: ones, into: output)
        expect(
            output.values.allSatisfy { $0 == Float(present) }, "fast all-reduce: \(name)")
    }

    /// Checks several exchanges at once, as for parts of a network's gradients. They are started in
    /// one order and finished in another.
    private func checkSeveralAtOnce() throws {
        let counts = [1000, 17, 20_001]
        let exchanges = counts.map {
            TreeExchange(
                group: group, leafCount: 8, presentLeaves: 7, valueCount: $0, pieceCount: 1024)
        }
        let outputs = counts.map { FloatBuffer(count: $0).all }
        for (exchange, output) in zip(exchanges, outputs) {
            try exchange.start(nodes: nodes(of: exchange), into: output)
            _ = try exchanges[0].step()
        }
        let order = group.rank % 2 == 0 ? [2, 0, 1] : [1, 2, 0]
        for index in order {
            while !(try exchanges[index].step()) {
                for other in exchanges { _ = try other.step() }
            }
        }
        for (count, output) in zip(counts, outputs) {
            expect(
                bits(output) == reference(7, count).map(\.bitPattern),
                "one of several exchanges at once: \(count) values")
        }
    }

    func nodes(of exchange: TreeExchange) -> [FloatView] {
        let leaves = exchange.ownLeaves.map { FloatBuffer(leaf($0, exchange.valueCount)).all }
        return exchange.tree.addUp(leaves, of: exchange.ownLeaves)
    }

    func bits(_ view: FloatView) -> [UInt32] { view.values.map(\.bitPattern) }

    /// Returns values over seven powers of two, so that rounding depends on the order.
    private func leaf(_ index: Int, _ count: Int) -> [Float] {
        (0..<count).map { element in
            var bits = UInt64(truncatingIfNeeded: element &* 1_000_003 &+ index &* 7919 &+ 12345)
            bits = (bits ^ (bits >> 15)) &* 0x9E37_79B9_7F4A_7C15
            bits ^= bits >> 32
            let fraction = Float(bits & 0xff_ffff) / 0x80_0000 - 1
            return fraction * Float(1 << (bits >> 24 & 7))
        }
    }

    /// Computes the root of the tree level by level, following its definition.
    func reference(_ leafCount: Int, _ valueCount: Int) -> [Float] {
        var level = (0..<leafCount).map { leaf($0, valueCount) }
        if level.isEmpty { return [Float](repeating: 0, count: valueCount) }
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map { left in
                if left + 1 == level.count { return level[left] }
                return zip(level[left], level[left + 1]).map { $0 + $1 }
            }
        }
        return level[0]
    }

    private func work(_ amount: Int) {
        var value = Float(amount)
        for _ in 0..<amount * 100 { value = value * 0.999 + 1 }
        if value.isNaN { expect(false, "arithmetic works") }
    }
}
