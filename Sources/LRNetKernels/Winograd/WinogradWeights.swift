/// The weights of a convolution at the 36 points: packed before each run of products.
///
///     forward:  U = E(w) g E(w)', as [36][inputs][outputs]
///     backward: the same of the window turned by half a turn, as [36][outputs][inputs]
///
/// Both lie in the same memory, one at a time, which other layers may use in between.
public struct WinogradWeights: Sendable {
    let filter: WinogradFilter
    let inputs, outputs: Int
    private let points: FloatView
    private let turned: FloatView

    /// Lays weights into memory.
    ///
    /// - Parameter storage: ``count(filter:inputs:outputs:)`` values.
    public init(filter: WinogradFilter, inputs: Int, outputs: Int, in storage: FloatView) {
        self.filter = filter
        self.inputs = inputs
        self.outputs = outputs
        let turnedCount = filter.window * filter.window * inputs * outputs
        precondition(
            storage.count == Self.count(filter: filter, inputs: inputs, outputs: outputs),
            "\(storage.count) values of memory for weights of \(inputs) inputs, \(outputs) outputs")
        turned = storage[0..<turnedCount]
        points = storage[turnedCount..<storage.count]
    }

    /// The values that the weights take at the points, with what it takes to turn them.
    public static func count(filter: WinogradFilter, inputs: Int, outputs: Int) -> Int {
        let plane = max(
            PackedMatrix.count(inner: inputs, columns: outputs),
            PackedMatrix.count(inner: outputs, columns: inputs))
        return filter.window * filter.window * inputs * outputs
            + WinogradFilter.pointCount * WinogradFilter.planeStride(plane)
    }

    /// The packed factors of the points, once ``pack(_:pool:)`` has made them.
    func forward(_ point: Int) -> PackedMatrix { factor(point, inner: inputs, columns: outputs) }

    /// The packed factors of the points, once ``packTurned(_:pool:)`` has made them.
    func backward(_ point: Int) -> PackedMatrix { factor(point, inner: outputs, columns: inputs) }

    private func factor(_ point: Int, inner: Int, columns: Int) -> PackedMatrix {
        let count = PackedMatrix.count(inner: inner, columns: columns)
        let start = point * WinogradFilter.planeStride(count)
        return PackedMatrix(inner: inner, columns: columns, in: points[start..<start + count])
    }

    /// Makes the factors of outputs.
    ///
    /// - Parameter weights: Stored `[window, window, inputs, outputs]`.
    public func pack(_ weights: FloatView, pool: ThreadPool) {
        checkCount(weights)
        transform(weights, inner: inputs, columns: outputs, pool: pool)
    }

    /// Makes the factors of input gradients.
    ///
    /// - Parameter weights: Stored `[window, window, inputs, outputs]`.
    public func packTurned(_ weights: FloatView, pool: ThreadPool) {
        checkCount(weights)
        let (plane, last) = (inputs * outputs, filter.window * filter.window - 1)
        pool.forEach(last + 1) { position, _ in
            let source = weights[position * plane..<(position + 1) * plane]
            let target = turned[(last - position) * plane..<(last - position + 1) * plane]
            Transposition.transpose(source, rows: inputs, columns: outputs, into: target)
        }
        transform(turned, inner: outputs, columns: inputs, pool: pool)
    }

    private func checkCount(_ weights: FloatView) {
        precondition(
            weights.count == filter.window * filter.window * inputs * outputs,
            "\(weights.count) weights for \(inputs) inputs and \(outputs) outputs")
    }

    /// Transforms weights stored `[window, window, inner, columns]` straight into packed factors.
    private func transform(_ weights: FloatView, inner: Int, columns: Int, pool: ThreadPool) {
        let size = filter.window
        let plane = inner * columns
        let count = PackedMatrix.count(inner: inner, columns: columns)
        let stride = WinogradFilter.planeStride(count)
        let rowStride = PackedMatrix.rowStride(columns)
        let padded = PackedMatrix.paddedColumnCount(columns)
        let source = UnsafePointer(weights.pointer)
        pool.forEach(inner) { row, _ in
            withUnsafeTemporaryAllocation(of: Vector.self, capacity: 30) { lines in
                guard let lines = lines.baseAddress else { return }
                // Columns that only fill a panel up are transforms of nothing: zeros.
                forEachVector(padded) { c, room in
                    let lanes = max(min(columns &- c, laneCount), 0)
                    let start = row &* columns &+ c
                    @inline(__always) func weight(_ y: Int, _ x: Int) -> Vector {
                        guard x < size else { return Vector(repeating: 0) }
                        return load(source + ((y &* size &+ x) &* plane &+ start), lanes)
                    }
                    for y in 0..<size {
                        let line = WinogradFilter.evaluate(
                            (weight(y, 0), weight(y, 1), weight(y, 2), weight(y, 3), weight(y, 4)),
                            count: size)
                        WinogradTiles.put(line, lines + 6 &* y)
                    }
                    let zero = Vector(repeating: 0)
                    let target =
                        points.pointer + PackedMatrix.offset(ofColumn: c, inner: inner)
                        + row &* rowStride
                    for x in 0..<6 {
                        let line = WinogradFilter.evaluate(
                            (
                                lines[x], lines[6 &+ x], lines[12 &+ x],
                                size > 3 ? lines[18 &+ x] : zero,
                                size > 3 ? lines[24 &+ x] : zero
                            ), count: size)
                        WinogradTiles.spread(line, target + x &* stride, stride: 6 &* stride, room)
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
