internal import CVectorMath

/// A layer of integer weights on bytes, for any window.
///
///     acc[pixel, o] = sum over k of w[o, k] (q[window of pixel, k] - zero point)
///
/// Sums are exact, so every order and every division among threads gives the same bytes.
package struct IntegerConvolution: Sendable {
    private let weights: IntegerPanels
    private let rule: OutputRule

    /// - Parameter zeroPoint: The value of the input that means 0.
    package init(_ weights: IntegerPanels, rule: OutputRule, zeroPoint: Int32) {
        precondition(weights.geometry.outputPixelCount > 0)
        self.weights = weights
        // acc = sum of w q - zero point * sum of w
        self.rule = rule.adding(weights.sums.map { -zeroPoint * $0 })
    }

    /// The number of bytes of memory that a thread needs.
    package var scratchByteCount: Int { weights.scratchByteCount }

    /// Computes an image.
    ///
    /// - Parameters:
    ///   - input: Its padding contains the zero point and is at least the layer's.
    ///   - scratch: A buffer of ``scratchByteCount`` bytes for each thread of the pool.
    package func run(
        _ input: ByteImage, into output: ByteImage, pool: ThreadPool, scratch: [ByteBuffer]
    ) {
        let geometry = weights.geometry
        precondition(
            input.shape == geometry.input && output.shape.channels == weights.outputs
                && output.shape.height == geometry.outputHeight
                && output.shape.width == geometry.outputWidth,
            "\(input.shape) to \(output.shape)")
        // Each item unpacks its panel, so there are no more items than the threads need.
        let panels = weights.panelCount
        let parts = min((pool.threadCount + panels - 1) / panels, output.shape.height)
        pool.forEach(panels * parts) { index, worker in
            let (panel, part) = (index / parts, index % parts)
            let rows = output.shape.height * part / parts..<output.shape.height * (part + 1) / parts
            run(panel: panel, rows: rows, input, output, scratch[worker].base)
        }
    }

    private func run(
        panel index: Int, rows: Range<Int>, _ input: ByteImage, _ output: ByteImage,
        _ scratch: UnsafeMutablePointer<UInt8>
    ) {
        let packed = weights.panel(index)
        let panel = weights.unpacked(packed, into: scratch)
        rule.withColumns(panel.outputs) { rule in
            for row in rows {
                let row = Row(
                    weights, panel, input, row: row,
                    output: output.address(row: row, column: 0) + panel.outputs.lowerBound,
                    outputStride: output.shape.channels)
                switch panel.columns {
                case 1: row.run(OneColumn.self, rule)
                case 2: row.run(TwoColumns.self, rule)
                default: row.run(FourColumns.self, rule)
                }
            }
        }
    }

    /// A row of pixels.
    private struct Row {
        private var tile: IntegerTile
        private let width: Int
        private let inputStride: Int
        private let output: UnsafeMutablePointer<UInt8>
        private let outputStride: Int

        init(
            _ weights: IntegerPanels, _ panel: IntegerPanels.Panel, _ input: ByteImage, row: Int,
            output: UnsafeMutablePointer<UInt8>, outputStride: Int
        ) {
            let geometry = weights.geometry
            inputStride = geometry.stride * geometry.input.channels
            tile = IntegerTile(
                input: UnsafePointer(
                    input.address(
                        row: row * geometry.stride - geometry.padding.top,
                        column: -geometry.padding.left)),
                pixelStride: inputStride, lineStride: input.rowStride,
                lineCount: geometry.window, lineGroupCount: weights.lineGroupCount,
                weights: panel.start)
            width = geometry.outputWidth
            self.output = output
            self.outputStride = outputStride
        }

        /// True if the sums of several pixels fit in registers.
        private static let hasManyRegisters = lrnet_has_avx512() != 0

        @inline(__always)
        func run<Columns: IntegerColumns>(_: Columns.Type, _ rule: OutputRule.Columns) {
            var (tile, output) = (tile, output)
            var left = width
            while left > 0 {
                let count: Int
                if !Self.hasManyRegisters {
                    tile.compute(OnePixel<Columns>.self, rule, into: output, stride: outputStride)
                    count = 1
                } else if left >= 6 && left != 8 {
                    tile.compute(SixPixels<Columns>.self, rule, into: output, stride: outputStride)
                    count = 6
                } else if left >= 4 {
                    tile.compute(FourPixels<Columns>.self, rule, into: output, stride: outputStride)
                    count = 4
                } else if left >= 2 {
                    tile.compute(TwoPixels<Columns>.self, rule, into: output, stride: outputStride)
                    count = 2
                } else {
                    tile.compute(OnePixel<Columns>.self, rule, into: output, stride: outputStride)
                    count = 1
                }
                left &-= count
                tile.input += count &* inputStride
                output += count &* outputStride
            }
        }
    }
}
