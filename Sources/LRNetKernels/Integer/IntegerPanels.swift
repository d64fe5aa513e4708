internal import CVectorMath

/// The integer weights of a convolution or fully connected layer, in the order in which dot
/// products of bytes read them.
///
/// Weights of -1, 0, +1 take 2 bits, others a byte. Panels of 64 outputs follow one another. A
/// panel is a sequence of groups of four inputs; a group is one vector for each 16 outputs, with
/// the four weights of an output in each of its lanes. Every line of the window starts a new group.
///
/// In 2 bits, a vector contains four groups: group `4 j + i` is in bits `2 i` of the bytes, as
/// the weight plus 1.
package struct IntegerPanels: Sendable {
    package let geometry: PatchGeometry
    package let outputs: Int

    /// True if each weight takes 2 bits.
    package let isPacked: Bool

    /// The number of bytes of the weights.
    package var byteCount: Int { storage.count }

    /// `[outputs]`: the sums of the weights.
    let sums: [Int32]

    private let storage: ByteBuffer

    /// The number of outputs of a panel and of a vector.
    static let panelWidth = 64
    static let laneCount = 16
    /// The number of bytes of a vector.
    static let vectorByteCount = 64
    /// The number of groups in a vector of 2-bit weights.
    static let packedGroupCount = 4

    /// Stores weights.
    ///
    /// - Parameters:
    ///   - weights: `[outputs][row][column][input]`, in -64 ... 64.
    /// - Precondition: The counts agree.
    package init(_ weights: [Int8], outputs: Int, geometry: PatchGeometry) {
        let fanIn = geometry.patchCount
        precondition(
            weights.count == outputs * fanIn, "\(weights.count) weights for \(outputs)x\(fanIn)")
        precondition(weights.allSatisfy { abs(Int($0)) <= 64 }, "weights beyond 64")
        self.geometry = geometry
        self.outputs = outputs
        isPacked = weights.allSatisfy { abs(Int($0)) <= 1 }
        sums = (0..<outputs).map { output in
            weights[output * fanIn..<(output + 1) * fanIn].reduce(0) { $0 + Int32($1) }
        }
        let layout = Layout(geometry, outputs: outputs, isPacked: isPacked)
        // A packed weight of 0 has the code 1 in each of the four positions.
        storage = ByteBuffer(count: layout.byteCount, value: isPacked ? 0b01_01_01_01 : 0)
        let run = geometry.window * geometry.input.channels
        for output in 0..<outputs {
            for k in 0..<fanIn {
                let group = k / run * layout.lineGroupCount + k % run / 4
                let weight = weights[output * fanIn + k]
                guard isPacked else {
                    let index = layout.index(output: output, vector: group, byte: k % run % 4)
                    storage.base[index] = UInt8(bitPattern: weight)
                    continue
                }
                let vector = group / Self.packedGroupCount
                let index = layout.index(output: output, vector: vector, byte: k % run % 4)
                let shift = 2 * (group % Self.packedGroupCount)
                let code = UInt8(weight + 1) << shift
                storage.base[index] = storage.base[index] & ~(0b11 << shift) | code
            }
        }
        self.layout = layout
    }

    private let layout: Layout

    /// The sizes of the parts of the storage.
    private struct Layout: Sendable {
        let outputs: Int
        /// The number of groups in a line of the window and in the whole window.
        let lineGroupCount, groupCount: Int
        /// The number of stored vectors of each 16 outputs.
        let depth: Int

        init(_ geometry: PatchGeometry, outputs: Int, isPacked: Bool) {
            self.outputs = outputs
            lineGroupCount = (geometry.window * geometry.input.channels + 3) / 4
            groupCount = geometry.window * lineGroupCount
            let perVector = isPacked ? packedGroupCount : 1
            depth = (groupCount + perVector - 1) / perVector
        }

        var panelCount: Int { (outputs + panelWidth - 1) / panelWidth }

        /// Returns the number of vectors of a group: 1, 2 or 4.
        func columns(panel: Int) -> Int {
            let vectors =
                (min(outputs - panel * panelWidth, panelWidth) + laneCount - 1) / laneCount
            return vectors == 3 ? 4 : vectors
        }

        /// Returns the number of bytes before a panel.
        func start(panel: Int) -> Int { panel * depth * panelWidth / laneCount * vectorByteCount }

        var byteCount: Int {
            start(panel: panelCount - 1) + depth * columns(panel: panelCount - 1) * vectorByteCount
        }

        func index(output: Int, vector: Int, byte: Int) -> Int {
            let panel = output / panelWidth
            let (column, lane) = (output % panelWidth / laneCount, output % laneCount)
            return start(panel: panel)
                + (vector * columns(panel: panel) + column) * vectorByteCount + 4 * lane + byte
        }
    }

    package var panelCount: Int { layout.panelCount }

    /// The weights of 64 outputs.
    struct Panel {
        let start: UnsafePointer<UInt8>
        /// The number of vectors of each group: 1, 2 or 4.
        let columns: Int
        /// The outputs, without those that fill up the last vectors.
        let outputs: Range<Int>
    }

    func panel(_ index: Int) -> Panel {
        let first = index * Self.panelWidth
        return Panel(
            start: UnsafePointer(storage.base + layout.start(panel: index)),
            columns: layout.columns(panel: index),
            outputs: first..<min(first + Self.panelWidth, outputs))
    }

    /// The number of groups in a line of the window.
    var lineGroupCount: Int { layout.lineGroupCount }

    /// The number of vectors of 2-bit weights of each 16 outputs.
    var packedDepth: Int { layout.depth }

    /// The number of bytes that ``unpacked(_:into:)`` writes at most.
    package var scratchByteCount: Int {
        guard isPacked else { return 0 }
        let groups = layout.depth * Self.packedGroupCount
        return groups * min(layout.columns(panel: 0), 4) * Self.vectorByteCount
    }

    /// Returns a panel with a byte for each weight.
    ///
    /// - Parameter scratch: ``scratchByteCount`` bytes, which are overwritten if the weights are
    ///   packed.
    func unpacked(_ panel: Panel, into scratch: UnsafeMutablePointer<UInt8>) -> Panel {
        guard isPacked else { return panel }
        let width = panel.columns * Self.vectorByteCount
        for vector in 0..<layout.depth {
            var source = panel.start + vector &* width
            var target = scratch + vector &* width &* Self.packedGroupCount
            for _ in 0..<panel.columns {
                let codes = load(source)
                store(lrnet_trits(codes, 0), target)
                store(lrnet_trits(codes, 1), target + width)
                store(lrnet_trits(codes, 2), target + 2 &* width)
                store(lrnet_trits(codes, 3), target + 3 &* width)
                source += Self.vectorByteCount
                target += Self.vectorByteCount
            }
        }
        return Panel(
            start: UnsafePointer(scratch), columns: panel.columns, outputs: panel.outputs)
    }
}
