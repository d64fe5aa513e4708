internal import LRNetSupport

/// The weights of a convolution, evaluated at the 36 points and packed as right factors of matrix
/// products: of Float32 values (``PackedMatrix``) or of pairs in bfloat16 (``PairedMatrix``).
///
///     forward:  U = E(w) g E(w)', as [36][inputs][outputs]
///     backward: the same for the turned window (rotated by 180 degrees), as [36][outputs][inputs]
///
/// The two forms use the same memory, so only one exists at a time. Other layers may use that
/// memory in between; the weights must therefore be packed before each series of products.
///
/// Naive twin: `Reference.winogradWeights`.
package struct WinogradWeights: Sendable {
    let filter: WinogradFilter
    let inputs, outputs: Int
    /// The number format of the packed factors.
    let format: ProductFormat
    private let points: FloatView

    /// Uses `storage` as the memory of the weights.
    ///
    /// - Parameter storage: ``count(filter:inputs:outputs:format:)`` values.
    package init(
        filter: WinogradFilter, inputs: Int, outputs: Int, format: ProductFormat = .float32,
        in storage: FloatView
    ) {
        self.filter = filter
        self.inputs = inputs
        self.outputs = outputs
        self.format = format
        precondition(
            storage.count
                == Self.count(filter: filter, inputs: inputs, outputs: outputs, format: format),
            "\(storage.count) values of memory for weights of \(inputs) inputs, \(outputs) outputs")
        points = storage
    }

    /// Returns the number of values in the memory of the weights.
    package static func count(
        filter: WinogradFilter, inputs: Int, outputs: Int, format: ProductFormat = .float32
    ) -> Int {
        let plane = max(
            planeCount(inner: inputs, columns: outputs, format),
            planeCount(inner: outputs, columns: inputs, format))
        return WinogradFilter.pointCount * WinogradFilter.planeStride(plane)
    }

    private static func planeCount(inner: Int, columns: Int, _ format: ProductFormat) -> Int {
        switch format {
        case .float32: PackedMatrix.count(inner: inner, columns: columns)
        case .bfloat16: PairedMatrix.count(inner: inner, columns: columns)
        }
    }

    /// Returns the packed factor of outputs at a point, in Float32. The last call to pack must have
    /// been ``pack(_:pool:)``.
    func forward(_ point: Int) -> PackedMatrix.Panels {
        let start = plane(point, inner: inputs, columns: outputs)
        return PackedMatrix.Panels(inner: inputs, columns: outputs, start: start)
    }

    /// Returns the packed factor of input gradients at a point, in Float32. The last call to pack
    /// must have been ``packTurned(_:pool:)``.
    func backward(_ point: Int) -> PackedMatrix.Panels {
        let start = plane(point, inner: outputs, columns: inputs)
        return PackedMatrix.Panels(inner: outputs, columns: inputs, start: start)
    }

    /// Returns the packed factor of outputs at a point, in bfloat16.
    func pairedForward(_ point: Int) -> PairedMatrix.Panels {
        let start = plane(point, inner: inputs, columns: outputs)
        return PairedMatrix.Panels(inner: inputs, columns: outputs, start: start)
    }

    /// Returns the packed factor of input gradients at a point, in bfloat16.
    func pairedBackward(_ point: Int) -> PairedMatrix.Panels {
        let start = plane(point, inner: outputs, columns: inputs)
        return PairedMatrix.Panels(inner: outputs, columns: inputs, start: start)
    }

    private func plane(_ point: Int, inner: Int, columns: Int) -> UnsafePointer<Float> {
        let count = Self.planeCount(inner: inner, columns: columns, format)
        return UnsafePointer(points.pointer + point * WinogradFilter.planeStride(count))
    }

    /// Computes the packed factors of outputs.
    ///
    /// - Parameter weights: Stored `[window, window, inputs, outputs]`.
    package func pack(_ weights: FloatView, pool: ThreadPool) {
        checkCount(weights)
        transform(weights, inner: inputs, columns: outputs, isTurned: false, pool: pool)
    }

    /// Computes the packed factors of input gradients.
    ///
    /// - Parameter weights: Stored `[window, window, inputs, outputs]`.
    package func packTurned(_ weights: FloatView, pool: ThreadPool) {
        checkCount(weights)
        transform(weights, inner: outputs, columns: inputs, isTurned: true, pool: pool)
    }

    private func checkCount(_ weights: FloatView) {
        precondition(
            weights.count == filter.window * filter.window * inputs * outputs,
            "\(weights.count) weights for \(inputs) inputs and \(outputs) outputs")
    }

    /// Transforms weights stored `[window, window, inner, columns]` directly into packed factors.
    /// Turned weights are stored `[window, window, columns, inner]` and read from the last tap to
    /// the first.
    private func transform(
        _ weights: FloatView, inner: Int, columns: Int, isTurned: Bool, pool: ThreadPool
    ) {
        switch filter {
        case .window2: transform(weights, Two.self, inner, columns, isTurned, pool)
        case .window3: transform(weights, Three.self, inner, columns, isTurned, pool)
        case .window4: transform(weights, Four.self, inner, columns, isTurned, pool)
        case .window5: transform(weights, Five.self, inner, columns, isTurned, pool)
        }
    }

    @inline(__always)
    private func transform<N: TileSide>(
        _ weights: FloatView, _ count: N.Type, _ inner: Int, _ columns: Int, _ isTurned: Bool,
        _ pool: ThreadPool
    ) {
        let plane = inner * columns
        let layout = Layout(inner: inner, columns: columns, format: format)
        let stride = WinogradFilter.planeStride(
            Self.planeCount(inner: inner, columns: columns, format))
        let source = UnsafePointer(weights.pointer)
        // Points too large for the cache bypass it: their lines need not be read before they are
        // written.
        let isStreamed =
            points.count >= Self.streamedCount
            && (format == .bfloat16 || columns % laneCount == 0)
            && Int(bitPattern: points.pointer) % FloatBuffer.alignment == 0
        /// Transforms one vector of windows, or two of neighboring rows, which share words.
        ///
        /// - Parameter next: The distance of the next row's windows.
        @inline(__always)
        func put(
            _ row: Int, _ c: Int, _ room: Int, _ source: UnsafePointer<Float>, _ plane: Int,
            next: Int, _ pairs: UnsafeMutablePointer<Float>
        ) {
            let target = points.pointer + layout.offset(row: row, column: c)
            // The columns that pad a panel are transforms of zero lanes: zeros.
            let lanes = max(min(columns &- c, laneCount), 0)
            @inline(__always)
            func evaluate<Format: PointFormat>(_ lanes: Int, _ format: Format) {
                Self.evaluate(
                    source, lanes, count: count, plane: plane, into: target, stride: stride, format)
            }
            // Whole vectors are handled separately because their loads need no masks.
            switch (format, lanes == laneCount) {
            case (.float32, true):
                if isStreamed {
                    evaluate(laneCount, StreamedPoints())
                } else {
                    evaluate(laneCount, FloatPoints(lanes: laneCount))
                }
            case (.float32, false): evaluate(lanes, FloatPoints(lanes: room))
            case (.bfloat16, _):
                let second = row &+ 1 < inner ? lanes : 0
                let offset = second > 0 ? next : 0
                Self.evaluate(
                    source, lanes, count: count, plane: plane, into: pairs, stride: laneCount,
                    FloatPoints(lanes: laneCount))
                Self.evaluate(
                    source + offset, second, count: count, plane: plane,
                    into: pairs + WinogradFilter.pointCount &* laneCount, stride: laneCount,
                    FloatPoints(lanes: laneCount))
                Self.join(pairs, into: target, stride: stride, isStreamed: isStreamed)
            }
        }
        let padded = layout.paddedColumnCount
        let pairCount = 2 * WinogradFilter.pointCount * laneCount
        layout.clearPadding(points.pointer, stride: stride)
        pool.forEachRange(inner, grain: Self.grain) { rows, _ in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: pairCount) { memory in
                guard let pairs = memory.baseAddress else { return }
                let rowsOfWords = Swift.stride(
                    from: rows.lowerBound, to: rows.upperBound, by: layout.rowsPerWord)
                if isTurned {
                    Self.withTurned(source, count, inner, columns, rows: rows, padded) {
                        block, c, room in
                        for row in rowsOfWords {
                            let source = block + (row &- rows.lowerBound) &* laneCount
                            put(
                                row, c, room, source, Self.grain &* laneCount, next: laneCount,
                                pairs)
                        }
                    }
                } else {
                    for row in rowsOfWords {
                        forEachVector(padded) { c, room in
                            put(
                                row, c, room, source + (row &* columns &+ c), plane, next: columns,
                                pairs)
                        }
                    }
                }
            }
            if isStreamed { finishStreaming() }
        }
    }

    /// Rounds the values of two rows at all points and stores them as words.
    ///
    /// - Parameter pairs: The 36 vectors of the first row, then those of the second.
    @inline(__always)
    private static func join(
        _ pairs: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, stride: Int,
        isStreamed: Bool
    ) {
        for point in 0..<WinogradFilter.pointCount {
            let first = pairs + point &* laneCount
            let words = BFloatPairs.pairs(
                load(first), load(first + WinogradFilter.pointCount &* laneCount))
            if isStreamed {
                stream(words, target + point &* stride)
            } else {
                store(words, target + point &* stride)
            }
        }
    }

    /// Calls `body` for each vector of columns with the given rows of the turned weights,
    /// transposed into a buffer that fits in the cache. The buffer contains the taps from last to
    /// first, each as ``grain`` rows of 16 values.
    @inline(__always)
    private static func withTurned<N: TileSide>(
        _ weights: UnsafePointer<Float>, _: N.Type, _ inner: Int, _ columns: Int,
        rows: Range<Int>, _ padded: Int,
        _ body: (_ block: UnsafePointer<Float>, _ c: Int, _ room: Int) -> Void
    ) {
        let (taps, tapCount) = (N.count * N.count, grain * laneCount)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: taps * tapCount) { memory in
            guard let block = memory.baseAddress else { return }
            forEachVector(padded) { c, room in
                let lanes = max(min(columns &- c, laneCount), 0)
                for tap in 0..<taps {
                    let first = (taps &- 1 &- tap) &* inner &* columns
                    Transposition.transpose(
                        weights + (first &+ c &* inner &+ rows.lowerBound), stride: inner,
                        rows: lanes, columns: rows.count, into: block + tap &* tapCount,
                        stride: laneCount)
                }
                body(UnsafePointer(block), c, room)
            }
        }
    }

    /// The number of values (16 MiB) from which on the points bypass the cache.
    private static let streamedCount = 4 << 20

    /// The number of weight rows that one thread transforms at a time.
    private static let grain = 16

    /// Evaluates one vector of windows at all points, one half after the other.
    @inline(__always)
    private static func evaluate<N: TileSide, Format: PointFormat>(
        _ source: UnsafePointer<Float>, _ lanes: Int, count: N.Type, plane: Int,
        into target: UnsafeMutablePointer<Float>, stride: Int, _ format: Format
    ) {
        evaluate(
            .near, source, lanes, count: count, plane: plane, into: target, stride: stride, format)
        evaluate(
            .far, source, lanes, count: count, plane: plane, into: target + 3 &* stride,
            stride: stride, format)
    }

    /// Evaluates one vector of windows at half of the points: three columns.
    @inline(__always)
    private static func evaluate<N: TileSide, Format: PointFormat>(
        _ half: WinogradFilter.Half, _ source: UnsafePointer<Float>, _ lanes: Int,
        count _: N.Type, plane: Int, into target: UnsafeMutablePointer<Float>, stride: Int,
        _ format: Format
    ) {
        let count = N.count
        let zero = Vector(repeating: 0)
        @inline(__always)
        func row(_ y: Int) -> WinogradFilter.HalfLine {
            guard y < count else { return (zero, zero, zero) }
            let row = source + y &* count &* plane
            return WinogradFilter.evaluate(
                (
                    load(row, lanes), load(row + plane, lanes),
                    count > 2 ? load(row + 2 &* plane, lanes) : zero,
                    count > 3 ? load(row + 3 &* plane, lanes) : zero,
                    count > 4 ? load(row + 4 &* plane, lanes) : zero
                ), count: count, half)
        }
        @inline(__always)
        func put(_ column: WinogradFilter.Coefficients, _ x: Int) {
            format.store(
                WinogradFilter.evaluate(column, count: count), target + x &* stride,
                stride: 6 &* stride)
        }
        let columns = TilePixels.transposed((row(0), row(1), row(2), row(3), row(4)))
        put(columns.0, 0)
        put(columns.1, 1)
        put(columns.2, 2)
    }

    /// Computes the gradients of some weights from their gradients at the points,
    /// `E(w)' C dU C E(w)`.
    ///
    /// - Parameters:
    ///   - points: 36 planes, `stride` values apart, with rows of 32 values.
    ///   - rows: The input channels that the rows of a plane belong to.
    ///   - columns: The output channels that the values of a row belong to, at most 32.
    ///   - weights: Stored `[window, window, inputs, outputs]`; overwritten or added to.
    static func interpolate(
        _ points: UnsafePointer<Float>, stride: Int, filter: WinogradFilter, rows: Range<Int>,
        columns: Range<Int>, inputs: Int, outputs: Int, into weights: UnsafeMutablePointer<Float>,
        accumulate: Bool
    ) {
        let plane = inputs &* outputs
        // Gradients too large for the cache bypass it: their lines need not be read before they are
        // written.
        let isStreamed =
            !accumulate && plane >= streamedPlaneCount && outputs % laneCount == 0
            && Int(bitPattern: weights) % FloatBuffer.alignment == 0
        for row in rows {
            let source = points + (row &- rows.lowerBound) &* ProductTile.columnCount
            let target = weights + (row &* outputs &+ columns.lowerBound)
            forEachVector(columns.count) { c, lanes in
                @inline(__always)
                func interpolate<N: TileSide>(count: N.Type) {
                    let rows = TilePixels.interpolate(
                        source + c, laneCount, count: count, plane: stride)
                    if isStreamed {
                        let taps = StreamedTaps(target + c, count: N.count, plane: plane)
                        TilePixels.put(rows, count: count, into: taps)
                    } else {
                        let taps = WindowTaps(
                            target + c, count: N.count, plane: plane, lanes,
                            accumulate: accumulate)
                        TilePixels.put(rows, count: count, into: taps)
                    }
                }
                switch filter {
                case .window2: interpolate(count: Two.self)
                case .window3: interpolate(count: Three.self)
                case .window4: interpolate(count: Four.self)
                case .window5: interpolate(count: Five.self)
                }
            }
        }
        if isStreamed { finishStreaming() }
    }

    /// The number of values per tap from which on gradients bypass the cache. The gradients of a
    /// window of 3 then occupy more than 2 MiB.
    private static let streamedPlaneCount = 1 << 16

    /// The positions of the elements of a packed factor.
    private struct Layout {
        let inner, columns: Int
        let format: ProductFormat

        /// The number of rows whose values share a word.
        var rowsPerWord: Int { format == .bfloat16 ? 2 : 1 }

        /// The number of columns, including the padding of the last panel.
        var paddedColumnCount: Int {
            switch format {
            case .float32: PackedMatrix.paddedColumnCount(columns)
            case .bfloat16: WinogradTiles.paddedCount(columns, BFloatPairs.panelWidth)
            }
        }

        /// Returns the position of an element, or of its word.
        @inline(__always)
        func offset(row: Int, column: Int) -> Int {
            switch format {
            case .float32:
                return PackedMatrix.offset(ofColumn: column, inner: inner)
                    &+ row &* PackedMatrix.rowStride(columns)
            case .bfloat16:
                let (words, width) = (BFloatPairs.wordCount(inner), BFloatPairs.panelWidth)
                return (column / width &* words &+ row / 2) &* width &+ column % width
            }
        }

        /// Sets the words without a row to 0, at all points.
        func clearPadding(_ points: UnsafeMutablePointer<Float>, stride: Int) {
            guard format == .bfloat16 else { return }
            let (words, width) = (BFloatPairs.wordCount(inner), BFloatPairs.panelWidth)
            let used = (inner + 1) / 2
            guard used < words else { return }
            for point in 0..<WinogradFilter.pointCount {
                for column in Swift.stride(from: 0, to: columns, by: width) {
                    let start = points + (point * stride + column * words + used * width)
                    start.update(repeating: 0, count: (words - used) * width)
                }
            }
        }
    }
}
