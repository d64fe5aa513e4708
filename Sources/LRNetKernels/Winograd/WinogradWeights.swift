/// The weights of a convolution at the 36 points: packed once a step for all tiles.
///
///     forward:  U = E(w) g E(w)', as [36][inputs][outputs]
///     backward: the same of the window turned by half a turn, as [36][outputs][inputs]
public final class WinogradWeights: @unchecked Sendable {
    let filter: WinogradFilter
    let inputs, outputs: Int
    let forward: [PackedMatrix]
    let backward: [PackedMatrix]
    private let points: FloatBuffer

    /// Allocates zeros.
    ///
    /// - Parameter hasBackward: Whether input gradients will be wanted.
    public init(filter: WinogradFilter, inputs: Int, outputs: Int, hasBackward: Bool) {
        self.filter = filter
        self.inputs = inputs
        self.outputs = outputs
        forward = (0..<WinogradFilter.pointCount).map { _ in
            PackedMatrix(inner: inputs, columns: outputs)
        }
        backward =
            hasBackward
            ? (0..<WinogradFilter.pointCount).map { _ in
                PackedMatrix(inner: outputs, columns: inputs)
            } : []
        points = FloatBuffer(
            count: WinogradFilter.pointCount * WinogradFilter.planeStride(inputs * outputs))
    }

    /// Transforms and packs weights stored `[window, window, inputs, outputs]`.
    ///
    /// - Parameter withBackward: Whether input gradients are wanted this time.
    public func pack(_ weights: FloatView, withBackward: Bool, pool: ThreadPool) {
        precondition(
            weights.count == filter.window * filter.window * inputs * outputs,
            "\(weights.count) weights for \(inputs) inputs and \(outputs) outputs")
        transform(weights, turned: false, pool: pool)
        pool.forEach(WinogradFilter.pointCount) { point, _ in
            forward[point].pack(plane(point), panels: 0..<forward[point].panelCount)
        }
        guard withBackward, !backward.isEmpty else { return }
        transform(weights, turned: true, pool: pool)
        pool.forEach(WinogradFilter.pointCount) { point, _ in
            backward[point].packTransposed(plane(point), panels: 0..<backward[point].panelCount)
        }
    }

    private func plane(_ point: Int) -> FloatView {
        let start = point * WinogradFilter.planeStride(inputs * outputs)
        return points[start..<start + inputs * outputs]
    }

    private func transform(_ weights: FloatView, turned: Bool, pool: ThreadPool) {
        let size = filter.window
        let plane = inputs * outputs
        let stride = WinogradFilter.planeStride(plane)
        let source = UnsafePointer(weights.pointer)
        pool.forEach(inputs) { channel, _ in
            withUnsafeTemporaryAllocation(of: Vector.self, capacity: 30) { lines in
                guard let lines = lines.baseAddress else { return }
                forEachVector(outputs) { c, lanes in
                    let start = channel &* outputs &+ c
                    @inline(__always) func weight(_ y: Int, _ x: Int) -> Vector {
                        guard x < size else { return Vector(repeating: 0) }
                        let (row, column) = turned ? (size &- 1 &- y, size &- 1 &- x) : (y, x)
                        return load(source + ((row &* size &+ column) &* plane &+ start), lanes)
                    }
                    for y in 0..<size {
                        let line = WinogradFilter.evaluate(
                            (weight(y, 0), weight(y, 1), weight(y, 2), weight(y, 3), weight(y, 4)),
                            count: size)
                        WinogradTiles.put(line, lines + 6 &* y)
                    }
                    let zero = Vector(repeating: 0)
                    for x in 0..<6 {
                        let line = WinogradFilter.evaluate(
                            (
                                lines[x], lines[6 &+ x], lines[12 &+ x],
                                size > 3 ? lines[18 &+ x] : zero,
                                size > 3 ? lines[24 &+ x] : zero
                            ), count: size)
                        WinogradTiles.spread(
                            line, points.base + (start &+ x &* stride), stride: 6 &* stride, lanes)
                    }
                }
            }
        }
    }

    /// Gradients of weights from gradients at the points, `E(w)' C dU C E(w)`.
    ///
    /// - Parameters:
    ///   - points: 36 planes of shape `[inputs, outputs]`.
    ///   - weights: Overwritten; stored `[window, window, inputs, outputs]`.
    public static func transformGradient(
        _ points: FloatView, filter: WinogradFilter, inputs: Int, outputs: Int,
        into weights: FloatView
    ) {
        let size = filter.window
        let plane = inputs * outputs
        let stride = WinogradFilter.planeStride(plane)
        precondition(
            points.count == WinogradFilter.pointCount * stride
                && weights.count == size * size * plane,
            "\(points.count) points as \(weights.count) weights")
        let source = UnsafePointer(points.pointer)
        // All planes lie alike, so the channels of a plane are one run.
        withUnsafeTemporaryAllocation(of: Vector.self, capacity: 30) { lines in
            guard let lines = lines.baseAddress else { return }
            forEachVector(plane) { c, lanes in
                for x in 0..<6 {
                    let values = WinogradFilter.interpolate(
                        WinogradTiles.line(
                            source + (x &* stride &+ c), stride: 6 &* stride, lanes), count: size)
                    lines[x] = values.0
                    lines[6 &+ x] = values.1
                    lines[12 &+ x] = values.2
                    lines[18 &+ x] = values.3
                    lines[24 &+ x] = values.4
                }
                for y in 0..<size {
                    let line = lines + 6 &* y
                    let values = WinogradFilter.interpolate(
                        (line[0], line[1], line[2], line[3], line[4], line[5]), count: size)
                    let target = weights.pointer + (y &* size &* plane &+ c)
                    store(values.0, target, lanes)
                    store(values.1, target + plane, lanes)
                    store(values.2, target + 2 &* plane, lanes)
                    if size > 3 {
                        store(values.3, target + 3 &* plane, lanes)
                        store(values.4, target + 4 &* plane, lanes)
                    }
                }
            }
        }
    }
}
