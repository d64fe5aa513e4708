extension LeafTree {
    /// The addition `slots[destination] += slots[source]`.
    package struct Addition: Sendable, Hashable {
        package let destination: Int
        package let source: Int

        package init(destination: Int, source: Int) {
            self.destination = destination
            self.source = source
        }
    }

    /// Returns the additions that turn the leaves of a run into its nodes, in place and in order.
    ///
    /// Slots are leaves, counted from the run's first leaf. Afterwards the slot of its first leaf
    /// contains each node of ``nodes(covering:)``.
    package func additions(within run: Range<Int>) -> [Addition] {
        var additions: [Addition] = []
        for node in nodes(covering: run) {
            _ = append(to: &additions, below: node) { node in
                node.level == 0 ? node.index - run.lowerBound : nil
            }
        }
        return additions
    }

    /// Returns the additions, in order, that turn nodes into the root. Together, the nodes cover
    /// all leaves.
    ///
    /// Slots are positions in `nodes`. Afterwards slot 0 contains the root.
    ///
    /// - Precondition: `nodes` are the nodes covering consecutive runs, in order.
    package func additions(joining nodes: [Node]) -> [Addition] {
        var next = 0
        for node in nodes {
            precondition(leaves(of: node).lowerBound == next, "nodes \(nodes) leave a gap")
            next = leaves(of: node).upperBound
        }
        precondition(next == count, "nodes \(nodes) stop short of \(count) leaves")
        return count == 0 ? [] : additions(joining: nodes, to: root)
    }

    /// Returns the additions, in order, that turn nodes into one node above them, whose leaves they
    /// cover together. Slots are as in ``additions(joining:)``.
    ///
    /// - Precondition: `target` and `nodes` are nodes covering runs; `nodes` are in order.
    package func additions(joining nodes: [Node], to target: Node) -> [Addition] {
        join(nodes, within: leaves(of: target)).additions
    }

    /// Returns the additions, in order, that turn nodes into the nodes of a run.
    ///
    /// Slots are positions in `nodes`.
    ///
    /// - Parameter nodes: The nodes of consecutive runs that together are `run`, in order.
    /// - Returns: The additions, and the slot of each node of ``nodes(covering:)`` afterwards.
    package func join(
        _ nodes: [Node], within run: Range<Int>
    ) -> (additions: [Addition], slots: [Int]) {
        var additions: [Addition] = []
        additions.reserveCapacity(max(nodes.count - 1, 0))
        // The tree is visited from left to right, so it meets the nodes in their order.
        var slot = 0
        let slots = self.nodes(covering: run).map { node in
            append(to: &additions, below: node) { node in
                guard slot < nodes.count, nodes[slot] == node else { return nil }
                slot += 1
                return slot - 1
            }
        }
        precondition(slot == nodes.count, "nodes \(nodes) are not those of leaves \(run)")
        return (additions, slots)
    }

    /// Calls `add` for each addition of ``additions(within:)``, in an order that uses a sum soon
    /// after it is formed. It allocates no memory.
    package func forEachAddition(
        within run: Range<Int>, _ add: (_ destination: Int, _ source: Int) -> Void
    ) {
        let run = run.clamped(to: 0..<count)
        for leaf in run {
            // The nodes whose last present leaf this is, from the lowest to the highest.
            var level = 0
            while level < root.level {
                let first = (leaf >> (level + 1)) << (level + 1)
                guard first >= run.lowerBound, min(first + 2 << level, count) == leaf + 1 else {
                    break
                }
                let right = first + 1 << level
                if right <= leaf { add(first - run.lowerBound, right - run.lowerBound) }
                level += 1
            }
        }
    }

    /// Returns the root's value from the values of `nodes`, for small values that every rank adds
    /// up.
    ///
    /// - Parameters:
    ///   - values: One value per node; if there are none, the result is `nil`.
    ///   - nodes: Nodes that cover all leaves, in the order that ``additions(joining:)`` requires.
    ///   - add: Adds its second argument to its first.
    package func combine<Value>(
        _ values: [Value], of nodes: [Node], _ add: (inout Value, Value) -> Void
    ) -> Value? {
        precondition(values.count == nodes.count, "\(values.count) values, \(nodes.count) nodes")
        var values = values
        for addition in additions(joining: nodes) {
            add(&values[addition.destination], values[addition.source])
        }
        return values.first
    }

    /// Returns the root's value from the values of all leaves.
    ///
    /// - Parameters:
    ///   - leaves: One value per leaf; if there are none, the result is `nil`.
    ///   - add: Adds its second argument to its first.
    package func combine<Value>(
        leaves: [Value], _ add: (inout Value, Value) -> Void
    ) -> Value? {
        precondition(leaves.count == count, "\(leaves.count) values, \(count) leaves")
        var values = leaves
        for addition in additions(within: 0..<count) {
            add(&values[addition.destination], values[addition.source])
        }
        return values.first
    }

    /// Appends the additions that compute `node` from nodes for which `slot` returns a slot, and
    /// returns the node's own slot. `slot` is called for nodes from left to right.
    private func append(
        to additions: inout [Addition], below node: Node, slot: (Node) -> Int?
    ) -> Int {
        if let known = slot(node) { return known }
        precondition(node.level > 0, "leaf \(node.index) has no slot")
        let left = Node(level: node.level - 1, index: 2 * node.index)
        let right = Node(level: node.level - 1, index: 2 * node.index + 1)
        let destination = append(to: &additions, below: left, slot: slot)
        if leaves(of: right).isEmpty { return destination }
        let source = append(to: &additions, below: right, slot: slot)
        additions.append(Addition(destination: destination, source: source))
        return destination
    }
}
