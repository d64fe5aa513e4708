extension LeafTree {
    /// `slots[destination] += slots[source]`.
    package struct Addition: Sendable, Hashable {
        /// The slot that is added to.
        package let destination: Int
        /// The slot that is added.
        package let source: Int

        /// Makes one addition.
        package init(destination: Int, source: Int) {
            self.destination = destination
            self.source = source
        }
    }

    /// The additions that turn a run's leaves into its nodes, in place and in order.
    ///
    /// Slots are leaves, counted from the run's first. Afterwards each of ``nodes(covering:)``
    /// stands in the slot of its first leaf.
    package func additions(within run: Range<Int>) -> [Addition] {
        var additions: [Addition] = []
        for node in nodes(covering: run) {
            _ = append(to: &additions, below: node) { node in
                node.level == 0 ? node.index - run.lowerBound : nil
            }
        }
        return additions
    }

    /// The additions that turn nodes, whose leaves are together all leaves, into the root, in order.
    ///
    /// Slots are positions in `nodes`. Afterwards the root stands in slot 0.
    ///
    /// - Precondition: `nodes` are the nodes covering consecutive runs, in order.
    package func additions(joining nodes: [Node]) -> [Addition] {
        var next = 0
        for node in nodes {
            precondition(leaves(of: node).lowerBound == next, "nodes \(nodes) leave a gap")
            next = leaves(of: node).upperBound
        }
        precondition(next == count, "nodes \(nodes) stop short of \(count) leaves")
        var additions: [Addition] = []
        if count > 0 {
            _ = append(to: &additions, below: root) { nodes.firstIndex(of: $0) }
        }
        return additions
    }

    /// The root's value from the values of `nodes`, for small things that every rank adds up itself.
    ///
    /// - Parameters:
    ///   - values: One value a node; `nil` is returned if there are none.
    ///   - nodes: As for ``additions(joining:)``.
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

    /// The root's value from the values of all leaves.
    ///
    /// - Parameters:
    ///   - leaves: One value a leaf; `nil` is returned if there are none.
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

    /// Appends the additions that form `node` from the slots that `slot` knows; returns its slot.
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
